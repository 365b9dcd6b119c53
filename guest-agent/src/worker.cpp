// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.hpp"

#include "console.hpp"
#include "context.hpp"
#include "encoder.hpp"
#include "frame.hpp"
#include "worker_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <mutex>
#include <optional>

namespace assay::agent {
namespace {

/// Frames into the pipe to the supervisor.
class PipeReporter final : public Reporter {
 public:
  using Reporter::send;
  void send(std::span<const std::byte> payload, std::uint32_t repeats) override {
    const std::scoped_lock lock(mutex_);
    // A pipe loses nothing, so the place of the sequence number is free to say this.
    write_all(wire::encode_header(static_cast<std::uint32_t>(payload.size()), repeats));
    write_all(payload);
  }

 private:
  static void write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(worker_reports_fd, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) {
        ::_exit(1);  // the supervisor is gone
      }
      bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
  }

  std::mutex mutex_;
};

/// All that a Result message says.
struct Ending {
  std::uint64_t order = 0;
  wire::Fate fate = wire::Fate::finished;
  int code = 0;
  wire::Outcome outcome = wire::Outcome::none;
  std::string reason{};
};

void send_result(Reporter& reporter, const Ending& ending, const Context* context) {
  flatbuffers::FlatBufferBuilder builder(std::size_t{32} << 10U);
  std::vector<flatbuffers::Offset<wire::Counter>> counters;
  std::vector<flatbuffers::Offset<wire::Check>> checks;
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
  const auto add_counter = [&](std::string_view name, std::int64_t value) {
    counters.push_back(wire::CreateCounter(builder, builder.CreateString(name.data(), name.size()), value));
  };
  if (context != nullptr) {
    for (const auto& one : context->counters()) {
      add_counter(one.name, one.value);
    }
    if (context->measurement().ended()) {
      begin_ns = context->measurement().begin_ns();
      end_ns = context->measurement().end_ns();
      for (const auto& [name, value] : context->measurement().changes()) {
        add_counter(name, value);
      }
    }
    for (const auto& one : context->checks()) {
      checks.push_back(wire::CreateCheckDirect(builder, one.name.c_str(), one.ok, one.detail.c_str()));
    }
  }
  const auto counters_at = builder.CreateVector(counters);
  const auto checks_at = builder.CreateVector(checks);
  const auto reason_at = builder.CreateString(ending.reason.substr(0, longest_text));
  const auto result = wire::CreateResult(builder, ending.order, ending.fate, ending.code, ending.outcome,
                                         reason_at, counters_at, checks_at, begin_ns, end_ns);
  wire::FinishFrameBuffer(builder, wire::CreateFrame(builder, wire::Message::Result, result.Union()));
  reporter.send({reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()});
}

/// Blocks until the one order is whole. False when the pipe ends before.
bool read_order(wire::Decoder& decoder, wire::FrameView& frame) {
  std::vector<std::byte> chunk(std::size_t{64} << 10U);
  while (!decoder.next(frame)) {
    const ssize_t count = ::read(worker_orders_fd, chunk.data(), chunk.size());
    if (count <= 0 || decoder.fault() != wire::Fault::none) {
      return false;
    }
    decoder.feed(std::span(chunk).first(static_cast<std::size_t>(count)));
  }
  return true;
}

const Workload& workload_of(const wire::Start& start) {
  const std::string name = start.workload()->str();
  if (const Workload* workload = find_workload(name)) {
    return *workload;
  }
  std::vector<std::string_view> names;
  for (const auto& one : all_workloads()) {
    names.push_back(one.name);
  }
  throw Refusal("unknown workload \"" + name + "\"" + did_you_mean(name, names));
}

Values values_of(const Workload& workload, const wire::Start& start) {
  Values::Given given;
  if (start.parameters() != nullptr) {
    for (const auto* one : *start.parameters()) {
      given.emplace_back(one->name()->str(), one->value()->str());
    }
  }
  return {workload, given};
}

void judge(const Context& context, Ending& ending) {
  ending.outcome = wire::Outcome::pass;
  for (const auto& check : context.checks()) {
    if (!check.ok) {
      ending.outcome = wire::Outcome::fail;
      ending.reason = "check " + check.name + " failed" + (check.detail.empty() ? "" : ": " + check.detail);
      return;
    }
  }
}

Ending carry_out(const wire::Start& start, std::optional<Context>& context, Reporter& reporter) {
  Ending ending{.order = start.order()};
  try {
    const Workload& workload = workload_of(start);
    context.emplace(workload, values_of(workload, start), start.order(), start.seed(), reporter);
    workload.run(*context);
    judge(*context, ending);
  } catch (const Refusal& refusal) {
    ending.fate = wire::Fate::refused;
    ending.reason = refusal.what();
  } catch (const WorkloadSkip& skip) {
    ending.outcome = wire::Outcome::skip;
    ending.reason = skip.what();
  } catch (const std::exception& error) {
    ending.fate = wire::Fate::exited;
    ending.code = 1;
    ending.reason = error.what();
  }
  return ending;
}

}  // namespace

int run_worker() {
  for (const int fd : {worker_orders_fd, worker_reports_fd}) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  wire::Decoder decoder;
  wire::FrameView frame;
  if (!read_order(decoder, frame)) {
    say("a worker got no order");
    return 1;
  }
  const wire::Frame& message = *wire::GetFrame(frame.payload.data());
  const wire::Start* start = message.message_as_Start();
  if (start == nullptr) {
    say("a worker got a message that is not an order");
    return 1;
  }
  PipeReporter reporter;
  std::optional<Context> context;
  const Ending ending = carry_out(*start, context, reporter);
  send_result(reporter, ending, context ? &*context : nullptr);
  // Without destructors: what a workload left behind goes with the process.
  ::_exit(ending.code);
}

}  // namespace assay::agent
