// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/encoder.hpp"

#include "base/clock.hpp"
#include "frame.hpp"
#include "version.hpp"

#include <array>

namespace assay::agent {
namespace {

constexpr std::size_t most_capabilities = 64;
constexpr std::size_t most_metrics = 1024;

flatbuffers::Offset<flatbuffers::String> put(flatbuffers::FlatBufferBuilder& builder, std::string_view text) {
  const auto cut = text.substr(0, longest_text);
  return builder.CreateString(cut.data(), cut.size());
}

}  // namespace

Encoder::Encoder() : arena_(arena_size), builder_(arena_size - 64, &arena_) {
  // The builder takes its block at the first use: have that before allocation is forbidden.
  (void)pong(0);
}

template <class T>
Encoder::Payload Encoder::finish(flatbuffers::Offset<T> message) {
  const auto frame = wire::CreateFrame(builder_, wire::MessageTraits<T>::enum_value, message.Union());
  wire::FinishFrameBuffer(builder_, frame);
  return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()), builder_.GetSize()};
}

Encoder::Payload Encoder::hello(const MachineFacts& machine) {
  builder_.Clear();
  std::array<flatbuffers::Offset<wire::Capability>, most_capabilities> capabilities;
  std::size_t count = 0;
  for (const auto& one : machine.capabilities) {
    if (count < capabilities.size()) {
      const auto name = put(builder_, one.name);
      const auto detail = put(builder_, one.detail);
      capabilities.at(count++) = wire::CreateCapability(builder_, name, one.available, detail);
    }
  }
  const auto list = builder_.CreateVector(capabilities.data(), count);
  const auto agent = put(builder_, agent_version);
  const auto release = put(builder_, machine.kernel_release);
  const auto version = put(builder_, machine.kernel_version);
  const auto arch = put(builder_, machine.arch);
  return finish(wire::CreateHello(builder_, wire::protocol_version, agent, release, version, arch,
                                  machine.page_size, machine.cpus, machine.memory, monotonic_ns(), list));
}

Encoder::Payload Encoder::heartbeat(const Pulse& pulse) {
  builder_.Clear();
  return finish(wire::CreateHeartbeat(builder_, monotonic_ns(), pulse.dropped_frames, pulse.dropped_samples,
                                      pulse.worker));
}

Encoder::Payload Encoder::log(wire::LogLevel level, std::string_view text) {
  builder_.Clear();
  return finish(wire::CreateLog(builder_, monotonic_ns(), level, put(builder_, text)));
}

Encoder::Payload Encoder::metrics(std::uint64_t order, std::span<const MetricName> names) {
  builder_.Clear();
  std::array<flatbuffers::Offset<wire::Metric>, most_metrics> metrics;
  std::size_t count = 0;
  for (const auto& one : names.first(std::min(names.size(), most_metrics))) {
    const auto name = put(builder_, one.name);
    const auto unit = put(builder_, one.unit);
    metrics.at(count++) = wire::CreateMetric(builder_, one.id, name, unit);
  }
  const auto list = builder_.CreateVector(metrics.data(), count);
  return finish(wire::CreateMetrics(builder_, order, list));
}

Encoder::Payload Encoder::samples(std::uint64_t order, const Columns& columns) {
  builder_.Clear();
  const auto times = builder_.CreateVector(columns.times.data(), columns.times.size());
  const auto metrics = builder_.CreateVector(columns.metrics.data(), columns.metrics.size());
  const std::size_t ticks = columns.times.size();
  const std::size_t total = ticks * columns.metrics.size();
  builder_.StartVector(total, sizeof(std::int64_t));
  // A FlatBuffer grows downwards: the last element goes in first.
  for (std::size_t metric = columns.metrics.size(); metric-- > 0;) {
    for (std::size_t tick = ticks; tick-- > 0;) {
      builder_.PushElement(columns.values[metric * columns.stride + tick]);
    }
  }
  const flatbuffers::Offset<flatbuffers::Vector<std::int64_t>> values(builder_.EndVector(total));
  return finish(wire::CreateSamples(builder_, order, times, metrics, values));
}

Encoder::Payload Encoder::result(const EndReport& end) {
  builder_.Clear();
  const auto reason = put(builder_, end.reason);
  return finish(wire::CreateResult(builder_, end.order, end.fate, end.code, wire::Outcome::none, reason));
}

Encoder::Payload Encoder::pong(std::uint64_t nonce) {
  builder_.Clear();
  return finish(wire::CreatePong(builder_, nonce, monotonic_ns()));
}

Encoder::Payload Encoder::kernel_log_answer(std::uint64_t nonce, std::span<const std::uint8_t> by_kernel,
                                            bool whole) {
  builder_.Clear();
  const auto list = builder_.CreateVector(by_kernel.data(), by_kernel.size());
  return finish(wire::CreateKernelLogAnswer(builder_, nonce, monotonic_ns(), list, whole));
}

}  // namespace assay::agent
