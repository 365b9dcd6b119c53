// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "metrics/proc_file.hpp"
#include "wire/encoder.hpp"
#include "wire/outbox.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace assay::agent {

/// The bit of a source in a Sampler's mask; 0 when there is no source of that name.
[[nodiscard]] unsigned source_bit(std::string_view name);

/// Reads the chosen files at each tick into columns and sends them in batches. All memory is taken in the
/// constructor.
class Sampler {
 public:
  /// The shortest interval between two ticks.
  static constexpr std::uint64_t shortest_interval_ns = 10'000'000;

  explicit Sampler(std::vector<ProcFile> files);

  /// Sends the names of the chosen metrics and takes the first sample.
  void start(std::uint64_t order, unsigned sources, std::uint64_t interval_ns, Encoder& encoder,
             Outbox& outbox);
  /// One sample now. `missed` ticks since the last one came too late: they are counted as dropped.
  void tick(std::uint64_t missed, Encoder& encoder, Outbox& outbox);
  /// Takes the last sample and sends what was gathered.
  void stop(Encoder& encoder, Outbox& outbox);

  [[nodiscard]] bool running() const { return running_; }
  /// Ticks that were late, unreadable, or in a batch that found no room; since construction.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

  /// Reads one metric by name now: for the supervisor's own questions. `fallback` when it is not there.
  [[nodiscard]] std::int64_t read_now(std::string_view name, std::int64_t fallback);

 private:
  struct Slot {
    ProcFile file;
    std::uint32_t first_id;
  };
  void take_sample();
  void flush(Encoder& encoder, Outbox& outbox);

  std::vector<Slot> slots_;
  std::vector<MetricName> names_;
  std::vector<std::uint32_t> chosen_;
  std::vector<std::uint64_t> times_;
  std::vector<std::int64_t> row_;
  std::vector<std::int64_t> columns_;
  std::uint64_t order_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t ticks_ = 0;
  std::size_t batch_ticks_ = 1;
  unsigned sources_ = 0;
  bool running_ = false;
};

}  // namespace assay::agent
