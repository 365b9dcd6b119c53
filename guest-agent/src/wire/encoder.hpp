// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "assay_generated.h"
#include "base/arena.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

/// Something that a workload may need, and whether this kernel has it.
struct CapabilityState {
  std::string name;
  bool available = false;
  std::string detail;  ///< why not
};

struct MachineFacts {
  std::string kernel_release;
  std::string kernel_version;
  std::string arch;
  std::uint32_t page_size = 0;
  std::uint32_t cpus = 0;
  std::uint64_t memory = 0;
  std::vector<CapabilityState> capabilities;
};

struct Pulse {
  std::uint64_t dropped_frames = 0;
  std::uint64_t dropped_samples = 0;
  int worker = 0;
};

struct MetricName {
  std::uint32_t id = 0;
  std::string_view name{};
  std::string_view unit{};
};

/// Ticks of metrics as they were gathered: column m begins at values[m * stride].
struct Columns {
  std::span<const std::uint64_t> times;
  std::span<const std::uint32_t> metrics;
  std::span<const std::int64_t> values;
  std::size_t stride = 0;
};

/// A worker's end as the supervisor saw it.
struct EndReport {
  std::uint64_t order = 0;
  wire::Fate fate = wire::Fate::exited;
  int code = 0;
  std::string_view reason{};
};

/// Writes the supervisor's messages into one arena. What a call returns is valid until the next call.
/// No call allocates.
class Encoder {
 public:
  using Payload = std::span<const std::byte>;
  static constexpr std::size_t arena_size = std::size_t{320} << 10U;
  /// The most values in one batch of samples that surely fit in the arena.
  static constexpr std::size_t most_values = std::size_t{16} << 10U;

  Encoder();

  [[nodiscard]] Payload hello(const MachineFacts& machine);
  [[nodiscard]] Payload heartbeat(const Pulse& pulse);
  [[nodiscard]] Payload log(wire::LogLevel level, std::string_view text);
  [[nodiscard]] Payload metrics(std::uint64_t order, std::span<const MetricName> names);
  [[nodiscard]] Payload samples(std::uint64_t order, const Columns& columns);
  [[nodiscard]] Payload result(const EndReport& end);
  [[nodiscard]] Payload pong(std::uint64_t nonce);
  [[nodiscard]] Payload kernel_log_answer(std::uint64_t nonce, std::span<const std::uint8_t> by_kernel,
                                          bool whole);

 private:
  template <class T>
  Payload finish(flatbuffers::Offset<T> message);

  Arena arena_;
  flatbuffers::FlatBufferBuilder builder_;
};

/// Texts above this many characters are cut before they go over the channel.
inline constexpr std::size_t longest_text = 4000;

}  // namespace assay::agent
