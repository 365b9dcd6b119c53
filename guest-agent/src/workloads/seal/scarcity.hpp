// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/kernel_log.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace assay::agent::workloads {

/// Keeps the kernel from finding memory for what the calling thread does.
class Scarcity {
 public:
  /// By the value of parameter "memory":
  ///   plenty   nothing is kept from it
  ///   no-huge  the pool of hugetlbfs takes all huge pages that there are, for as long as this lives
  ///   once     in during(), this thread's first allocation of pages fails (fail_page_alloc)
  ///   none     and all others as well
  /// Throws; WorkloadSkip outside of a guest, or where the kernel cannot do it.
  explicit Scarcity(std::string_view memory);
  Scarcity(const Scarcity&) = delete;
  Scarcity& operator=(const Scarcity&) = delete;
  Scarcity(Scarcity&&) = delete;
  Scarcity& operator=(Scarcity&&) = delete;
  ~Scarcity();

  /// Makes the call in want of memory; gives what it gives. Throws.
  [[nodiscard]] int during(const std::function<int()>& call);

  /// Allocations that were made to fail.
  [[nodiscard]] std::int64_t failed() const { return failed_; }
  /// Free blocks of the size of a huge page when the call began; only where all were to be taken.
  [[nodiscard]] std::int64_t huge_left() const { return huge_left_; }
  /// Failed allocations that the kernel complained of in its log while the call ran; where memory is scarce.
  [[nodiscard]] std::int64_t complaints() const { return complaints_; }

 private:
  void prepare_failures(std::int64_t most);
  [[nodiscard]] int fail_during(const std::function<int()>& call);

  std::optional<KernelLog> log_;
  UniqueFd make_it_fail_;
  bool has_pool_ = false;
  std::int64_t most_ = 0;
  std::int64_t failed_ = 0;
  std::int64_t huge_left_ = 0;
  std::int64_t complaints_ = 0;
};

}  // namespace assay::agent::workloads
