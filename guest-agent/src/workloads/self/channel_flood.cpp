// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "workloads/all.hpp"

#include <algorithm>

namespace assay::agent::workloads {
namespace {

/// Samples of a real run begin in the supervisor and never pass the worker's pipe. So that the pipe does not
/// count either here, the supervisor sends each message on so many times.
constexpr std::int64_t most_copies = 32;

/// One message that is sent again and again.
class Message {
 public:
  [[nodiscard]] static Message samples(Context& context, std::size_t values) {
    Message message;
    auto& builder = message.builder_;
    constexpr std::size_t metrics = 200;
    const std::size_t ticks = std::max<std::size_t>(1, values / metrics);
    Random random = context.random();
    std::vector<std::uint64_t> times(ticks);
    std::vector<std::uint32_t> ids(metrics);
    std::vector<std::int64_t> numbers(ticks * metrics);
    std::ranges::generate(times, [now = monotonic_ns()]() mutable { return now += 10 * ns_per_ms; });
    std::ranges::generate(ids, [id = first_id]() mutable { return id++; });
    // Columns of counters as a busy kernel has them: some stand still, some grow by thousands a tick.
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::int64_t before = i % ticks == 0 ? 0 : numbers[i - 1];
      numbers[i] = before + static_cast<std::int64_t>(random.below(std::uint64_t{1} << (i / ticks % 16)));
    }
    message.values_ = static_cast<std::int64_t>(numbers.size());
    message.finish(wire::CreateSamplesDirect(builder, context.order(), &times, &ids, &numbers));
    return message;
  }

  [[nodiscard]] static Message names(Context& context) {
    Message message;
    auto& builder = message.builder_;
    std::vector<flatbuffers::Offset<wire::Metric>> metrics;
    for (std::uint32_t i = 0; i < 200; ++i) {
      const std::string name = "flood.m" + std::to_string(i);
      metrics.push_back(wire::CreateMetricDirect(builder, first_id + i, name.c_str(), "events"));
    }
    message.finish(wire::CreateMetricsDirect(builder, context.order(), &metrics));
    return message;
  }

  [[nodiscard]] static Message event(Context& context, std::size_t bytes) {
    Message message;
    const std::string text(bytes, 'x');
    message.finish(
        wire::CreateEventDirect(message.builder_, context.order(), monotonic_ns(), "flood", text.c_str(), 0));
    return message;
  }

  [[nodiscard]] std::span<const std::byte> payload() const {
    return {reinterpret_cast<const std::byte*>(builder_.GetBufferPointer()), builder_.GetSize()};
  }
  [[nodiscard]] std::int64_t values() const { return values_; }

 private:
  static constexpr std::uint32_t first_id = 1U << 20U;

  template <class T>
  void finish(flatbuffers::Offset<T> message) {
    wire::FinishFrameBuffer(builder_,
                            wire::CreateFrame(builder_, wire::MessageTraits<T>::enum_value, message.Union()));
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::int64_t values_ = 0;
};

void flood(Context& context) {
  const std::int64_t wanted = context.number("bytes");
  const auto batch = static_cast<std::size_t>(context.number("batch"));
  const bool is_samples = context.choice("kind") == "samples";
  if (is_samples) {
    context.reporter().send(Message::names(context).payload());
  }
  const Message message =
      is_samples ? Message::samples(context, batch / sizeof(std::int64_t)) : Message::event(context, batch);
  const auto size = static_cast<std::int64_t>(message.payload().size());
  std::int64_t sent = 0;
  std::int64_t frames = 0;
  context.begin_measurement();
  while (sent < wanted) {
    const std::int64_t copies = std::min<std::int64_t>(most_copies, (wanted - sent + size - 1) / size);
    context.reporter().send(message.payload(), static_cast<std::uint32_t>(copies - 1));
    sent += copies * size;
    frames += copies;
  }
  context.end_measurement();
  context.counter("bytes", sent);
  context.counter("frames", frames);
  context.counter("values", frames * message.values());
}

}  // namespace

Workload channel_flood() {
  return {.name = "channel.flood",
          .summary = "Sends as fast as the channel takes it: the throughput from guest to database.",
          .parameters = {{.name = "bytes",
                          .type = ParameterType::size,
                          .unit = "bytes",
                          .default_value = "16M",
                          .min = 1,
                          .max = 1LL << 40U,
                          .help = "payload to send in all"},
                         {.name = "kind",
                          .type = ParameterType::choice,
                          .default_value = "samples",
                          .choices = {"samples", "events"},
                          .help = "samples: batches of 200 metrics; events: events with a long detail"},
                         {.name = "batch",
                          .type = ParameterType::size,
                          .unit = "bytes",
                          .default_value = "40000",
                          .min = 64,
                          .max = 100'000,
                          .help = "payload of one frame, about"}},
          .counters = {{.name = "bytes", .unit = "bytes", .help = "payload sent"},
                       {.name = "frames", .unit = "frames", .help = "frames sent"},
                       {.name = "values", .unit = "values", .help = "sampled values sent"}},
          .checks = {},
          .run = flood};
}

}  // namespace assay::agent::workloads
