// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "metrics/proc_file.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace assay::agent {

/// What the kernel counted between begin() and end(), read right there: exact for event counters.
class Measurement {
 public:
  Measurement();

  /// Neither allocates nor faults, as long as the constructor's memory stays resident.
  void begin();
  /// For who then tells by itself, by a system call (assay.h), whoever watches the kernel from outside.
  void begin_unmarked();
  void end();

  [[nodiscard]] bool began() const { return begin_ns_ != 0; }
  [[nodiscard]] bool ended() const { return end_ns_ != 0; }
  [[nodiscard]] std::uint64_t begin_ns() const { return begin_ns_; }
  [[nodiscard]] std::uint64_t end_ns() const { return end_ns_; }

  /// The change of each event counter of vmstat (also when 0), and of each gauge of vmstat and meminfo
  /// that changed: ("vmstat.pgfault", 512).
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> changes() const;
  /// The change of one metric; 0 when this kernel does not have it.
  [[nodiscard]] std::int64_t change(std::string_view name) const;

 private:
  void warm_up();
  void read_before();
  void read_after();

  struct Part {
    ProcFile file;
    std::vector<std::int64_t> before;
    std::vector<std::int64_t> after;
  };
  std::vector<Part> parts_;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;
};

}  // namespace assay::agent
