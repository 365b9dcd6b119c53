// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/page_pins.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

namespace assay::agent::workloads {

/// Drops references at a time, while another thread is in the kernel.
class PinReleaser {
 public:
  /// `when` is a CLOCK_MONOTONIC time in ns; 0: never.
  PinReleaser(PagePins& pins, std::uint64_t when);

  /// Whether the references were dropped; if not, they will not be. Call it once.
  [[nodiscard]] bool stop();
  /// When they were gone; 0: never.
  [[nodiscard]] std::uint64_t released_at() const { return released_at_; }

 private:
  std::atomic<std::uint64_t> released_at_{0};
  std::jthread thread_;
};

/// A thread that writes through pins all the time, one after the other: the writer in flight. While it runs,
/// nobody else may use the pins.
class PinWriter {
 public:
  PinWriter(PagePins& pins, std::size_t count);

  void stop();
  /// Finished writes.
  [[nodiscard]] std::int64_t writes() const { return writes_; }
  /// Returns when there are so many, or after ten seconds.
  void wait_for(std::int64_t writes) const;

 private:
  std::atomic<std::int64_t> writes_{0};
  std::jthread thread_;
};

/// A thread that maps a file for reading and faults its pages in, takes them out of its page tables and
/// starts again. Each page must hold one of the versions below `versions`.
class ReadMapper {
 public:
  /// Returns when it has gone over the file a few times.
  ReadMapper(const SealedFile& file, std::uint64_t versions);

  void stop();
  [[nodiscard]] std::int64_t touches() const { return touches_; }
  [[nodiscard]] std::int64_t wrong() const { return wrong_; }

 private:
  std::atomic<std::int64_t> touches_{0};
  std::atomic<std::int64_t> wrong_{0};
  std::jthread thread_;
};

}  // namespace assay::agent::workloads
