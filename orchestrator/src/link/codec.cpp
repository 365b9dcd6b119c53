// SPDX-License-Identifier: GPL-2.0-or-later
#include "link/codec.hpp"

#include "assay_generated.h"
#include "frame.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

namespace assay::link {
namespace {

std::string text(const flatbuffers::String* string) {
  return string != nullptr ? string->str() : std::string();
}

template <class Table, class Convert>
auto list(const flatbuffers::Vector<flatbuffers::Offset<Table>>* tables, Convert convert) {
  std::vector<decltype(convert(*tables->Get(0)))> result;
  if (tables != nullptr) {
    result.reserve(tables->size());
    for (const Table* table : *tables) {
      result.push_back(convert(*table));
    }
  }
  return result;
}

/// Copied as bytes: the verifier checks bounds, not that a hostile guest has aligned its numbers.
template <class Value>
std::vector<Value> numbers(const flatbuffers::Vector<Value>& values) {
  static_assert(std::endian::native == std::endian::little,
                "the wire is little-endian, and so are our hosts");
  std::vector<Value> result(values.size());
  if (!result.empty()) {
    std::memcpy(result.data(), values.Data(), result.size() * sizeof(Value));
  }
  return result;
}

Hello convert(const wire::Hello& in) {
  return {in.protocol(),
          text(in.agent()),
          text(in.kernel_release()),
          text(in.kernel_version()),
          text(in.arch()),
          in.page_size(),
          in.cpus(),
          in.memory(),
          in.time_ns(),
          list(in.capabilities(), [](const wire::Capability& capability) {
            return Capability{text(capability.name()), capability.available(), text(capability.detail())};
          })};
}

Heartbeat convert(const wire::Heartbeat& in) {
  return {in.time_ns(), in.dropped_frames(), in.dropped_samples(), in.worker()};
}

Log convert(const wire::Log& in) {
  return {in.time_ns(), wire::EnumNameLogLevel(in.level()), text(in.text())};
}

Metrics convert(const wire::Metrics& in) {
  return {in.order(), list(in.metrics(), [](const wire::Metric& metric) {
            return MetricInfo{metric.id(), text(metric.name()), text(metric.unit())};
          })};
}

Samples convert(const wire::Samples& in) {
  return {in.order(), {numbers(*in.times()), numbers(*in.metrics()), numbers(*in.values())}};
}

Event convert(const wire::Event& in) {
  return {in.order(), in.time_ns(), text(in.name()), text(in.detail()), in.value()};
}

WorkerResult convert(const wire::Result& in) {
  return {in.order(),
          static_cast<Fate>(in.fate()),
          in.code(),
          static_cast<WorkOutcome>(in.outcome()),
          text(in.reason()),
          list(in.counters(),
               [](const wire::Counter& counter) { return Counter{text(counter.name()), counter.value()}; }),
          list(in.checks(),
               [](const wire::Check& check) {
                 return Check{text(check.name()), check.ok(), text(check.detail())};
               }),
          in.begin_ns(),
          in.end_ns()};
}

Pong convert(const wire::Pong& in) { return {in.nonce(), in.time_ns()}; }

KernelLogAnswer convert(const wire::KernelLogAnswer& in) {
  return {in.nonce(), in.time_ns(), {in.by_kernel()->begin(), in.by_kernel()->end()}, in.whole()};
}

Output convert(const wire::Output& in) {
  const auto* bytes = reinterpret_cast<const char*>(in.bytes()->data());
  return {in.order(), static_cast<Stream>(in.stream()), std::string(bytes, in.bytes()->size())};
}

Taken convert(const wire::Taken& in) { return {in.order(), in.inputs()}; }

Ended convert(const wire::Ended& in) {
  return {in.order(), static_cast<ProgramEnd>(in.how()), in.code(), text(in.reason())};
}

FileEntry convert(const wire::FileEntry& in) {
  FileEntry entry{static_cast<FileKind>(in.kind()),
                  text(in.path()),
                  in.mode(),
                  in.mtime_ns(),
                  text(in.target()),
                  in.device_major(),
                  in.device_minor(),
                  {}};
  if (const auto* bytes = in.bytes()) {
    entry.bytes.assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  return entry;
}

FilesDone convert(const wire::FilesDone& in) { return {in.order(), text(in.sha256())}; }

Error refuse(std::string_view why) { return fail(Failure::infrastructure, "the guest sent {}", why); }

/// Verified bytes can still hold numbers without a meaning.
Result<Message> checked_samples(const wire::Samples& in) {
  const std::size_t cells = std::size_t{in.times()->size()} * in.metrics()->size();
  if (in.values()->size() != cells) {
    return refuse(fmt::format("samples of a wrong shape: {} times x {} metrics, {} values",
                              in.times()->size(), in.metrics()->size(), in.values()->size()));
  }
  return Message(convert(in));
}

Result<Message> checked_result(const wire::Result& in) {
  if (in.fate() < wire::Fate::MIN || in.fate() > wire::Fate::MAX || in.outcome() < wire::Outcome::MIN ||
      in.outcome() > wire::Outcome::MAX) {
    return refuse(fmt::format("a result with unknown fate {} or outcome {}", static_cast<int>(in.fate()),
                              static_cast<int>(in.outcome())));
  }
  return Message(convert(in));
}

Result<Message> checked_output(const wire::Output& in) {
  if (in.stream() < wire::Stream::MIN || in.stream() > wire::Stream::MAX) {
    return refuse(fmt::format("output of an unknown stream {}", static_cast<int>(in.stream())));
  }
  return Message(convert(in));
}

Result<Message> checked_files(const wire::Files& in) {
  Files files{in.order(), {}, in.end()};
  for (const auto* entry : *in.entries()) {
    if (entry->kind() < wire::FileKind::MIN || entry->kind() > wire::FileKind::MAX) {
      return refuse(fmt::format("a file of an unknown kind {}", static_cast<int>(entry->kind())));
    }
    files.entries.push_back(convert(*entry));
  }
  return Message(std::move(files));
}

Result<Message> checked_end(const wire::Ended& in) {
  if (in.how() < wire::ProgramEnd::MIN || in.how() > wire::ProgramEnd::MAX) {
    return refuse(fmt::format("a program's end of an unknown kind {}", static_cast<int>(in.how())));
  }
  return Message(convert(in));
}

}  // namespace

Result<Message> decode(std::span<const std::byte> payload) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size(), 8, 1'000'000);
  if (payload.size() < 8 || !wire::VerifyFrameBuffer(verifier)) {
    return refuse("a frame that is not a valid message");
  }
  const wire::Frame& frame = *wire::GetFrame(bytes);
  switch (frame.message_type()) {
    case wire::Message::Hello:
      return Message(convert(*frame.message_as_Hello()));
    case wire::Message::Heartbeat:
      return Message(convert(*frame.message_as_Heartbeat()));
    case wire::Message::Log:
      return Message(convert(*frame.message_as_Log()));
    case wire::Message::Metrics:
      return Message(convert(*frame.message_as_Metrics()));
    case wire::Message::Samples:
      return checked_samples(*frame.message_as_Samples());
    case wire::Message::Event:
      return Message(convert(*frame.message_as_Event()));
    case wire::Message::Result:
      return checked_result(*frame.message_as_Result());
    case wire::Message::Pong:
      return Message(convert(*frame.message_as_Pong()));
    case wire::Message::Output:
      return checked_output(*frame.message_as_Output());
    case wire::Message::Taken:
      return Message(convert(*frame.message_as_Taken()));
    case wire::Message::Ended:
      return checked_end(*frame.message_as_Ended());
    case wire::Message::Files:
      return checked_files(*frame.message_as_Files());
    case wire::Message::FilesDone:
      return Message(convert(*frame.message_as_FilesDone()));
    case wire::Message::KernelLogAnswer:
      return Message(convert(*frame.message_as_KernelLogAnswer()));
    default:
      return refuse(fmt::format("a message of type {}, which no guest may send",
                                static_cast<unsigned>(frame.message_type())));
  }
}

namespace {

using Builder = flatbuffers::FlatBufferBuilder;
using Payload = std::pair<wire::Message, flatbuffers::Offset<void>>;

flatbuffers::Offset<wire::RunProgram> program_of(Builder& builder, const RunProgram& run) {
  const auto arguments = builder.CreateVectorOfStrings(run.arguments);
  const auto environment = builder.CreateVectorOfStrings(run.environment);
  const auto directory = builder.CreateString(run.directory);
  const auto user = builder.CreateString(run.user);
  return wire::CreateRunProgram(builder, run.order, arguments, environment, directory, run.timeout_ns,
                                run.input, run.terminal, run.size.rows, run.size.columns, run.merged, user);
}

Payload build(Builder& builder, const Start& start) {
  std::vector<flatbuffers::Offset<wire::Parameter>> parameters;
  for (const auto& [name, value] : start.parameters) {
    parameters.push_back(wire::CreateParameterDirect(builder, name.c_str(), value.c_str()));
  }
  const auto sources = builder.CreateVectorOfStrings(start.sources);
  const auto list = builder.CreateVector(parameters);
  const auto workload = builder.CreateString(start.workload);
  const auto program_in = [&builder](const std::optional<RunProgram>& run) {
    return run ? program_of(builder, *run) : flatbuffers::Offset<wire::RunProgram>();
  };
  const auto program = program_in(start.program);
  const auto setup = program_in(start.setup);
  const auto settle = program_in(start.settle);
  return {wire::Message::Start, wire::CreateStart(builder, start.order, workload, start.seed, list,
                                                  start.sample_interval_ns, sources, start.timeout_ns,
                                                  program, start.marks, setup, start.memory_limit, settle)
                                    .Union()};
}

Payload build(Builder& builder, const Stop& stop) {
  return {wire::Message::Stop, wire::CreateStop(builder, stop.order).Union()};
}

Payload build(Builder& builder, const PowerOff& /*none*/) {
  return {wire::Message::PowerOff, wire::CreatePowerOff(builder).Union()};
}

Payload build(Builder& builder, const Ping& ping) {
  return {wire::Message::Ping, wire::CreatePing(builder, ping.nonce).Union()};
}

Payload build(Builder& builder, const KernelLogQuery& query) {
  const auto texts = builder.CreateVectorOfStrings(query.texts);
  return {wire::Message::KernelLogQuery, wire::CreateKernelLogQuery(builder, query.nonce, texts).Union()};
}

Payload build(Builder& builder, const ShowTasks& show) {
  return {wire::Message::ShowTasks, wire::CreateShowTasks(builder, show.nonce).Union()};
}

flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes_of(Builder& builder, const std::string& bytes) {
  return builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Payload build(Builder& builder, const StoreFiles& store) {
  return {wire::Message::StoreFiles, wire::CreateStoreFiles(builder, store.order).Union()};
}

Payload build(Builder& builder, const FetchFiles& fetch) {
  return {wire::Message::FetchFiles,
          wire::CreateFetchFilesDirect(builder, fetch.order, fetch.path.c_str()).Union()};
}

Payload build(Builder& builder, const Files& files) {
  std::vector<flatbuffers::Offset<wire::FileEntry>> entries;
  for (const auto& entry : files.entries) {
    const auto path = builder.CreateString(entry.path);
    const auto target = builder.CreateString(entry.target);
    const auto bytes = bytes_of(builder, entry.bytes);
    entries.push_back(wire::CreateFileEntry(builder, static_cast<wire::FileKind>(entry.kind), path,
                                            entry.mode, entry.mtime_ns, target, entry.device_major,
                                            entry.device_minor, bytes));
  }
  const auto list = builder.CreateVector(entries);
  return {wire::Message::Files, wire::CreateFiles(builder, files.order, list, files.end).Union()};
}

Payload build(Builder& builder, const RunProgram& run) {
  return {wire::Message::RunProgram, program_of(builder, run).Union()};
}

Payload build(Builder& builder, const Input& input) {
  const auto bytes = bytes_of(builder, input.bytes);
  return {wire::Message::Input, wire::CreateInput(builder, input.order, bytes, input.end).Union()};
}

Payload build(Builder& builder, const Resize& resize) {
  return {wire::Message::Resize,
          wire::CreateResize(builder, resize.order, resize.size.rows, resize.size.columns).Union()};
}

Payload build(Builder& builder, const Unread& unread) {
  return {wire::Message::Unread,
          wire::CreateUnread(builder, unread.order, static_cast<wire::Stream>(unread.stream)).Union()};
}

}  // namespace

std::vector<std::byte> encode(const Order& order, std::uint32_t sequence) {
  Builder builder;
  const auto [type, offset] = std::visit([&](const auto& value) { return build(builder, value); }, order);
  wire::FinishFrameBuffer(builder, wire::CreateFrame(builder, type, offset));
  const auto header = wire::encode_header(builder.GetSize(), sequence);
  const std::span payload(reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize());
  std::vector<std::byte> frame(header.size() + payload.size());
  std::copy(header.begin(), header.end(), frame.begin());
  std::copy(payload.begin(), payload.end(), frame.begin() + wire::header_size);
  return frame;
}

}  // namespace assay::link
