// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent {

/// What patches/unmap-failure-hook brings into a kernel: arch_unmap_one() fails each Nth time as long as this
/// lives.
class UnmapFailures {
 public:
  /// `where` is "swap" (pages on their way to swap), "migrate", or "pin" (a page is said to be pinned after
  /// arch_unmap_one() succeeded); `every` 0: it only counts. Throws WorkloadSkip when this kernel has no
  /// hook.
  UnmapFailures(std::string_view where, std::int64_t every);
  UnmapFailures(const UnmapFailures&) = delete;
  UnmapFailures& operator=(const UnmapFailures&) = delete;
  UnmapFailures(UnmapFailures&&) = delete;
  UnmapFailures& operator=(UnmapFailures&&) = delete;
  ~UnmapFailures();

  /// Nothing is made to fail any more. Throws.
  void stop();

  /// Since the construction. All three throw.
  [[nodiscard]] std::int64_t calls() const;
  [[nodiscard]] std::int64_t hits() const;    ///< that were made to fail
  [[nodiscard]] std::int64_t failed() const;  ///< that failed by themselves

 private:
  std::string folder_;
};

}  // namespace assay::agent
