// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace assay::agent {

/// mprotect(). Throws.
void set_protection(std::span<std::byte> memory, int protection);
/// Makes it read-only, and writable again. Throws.
void protect_and_back(std::span<std::byte> memory);

/// How many of the pages have their soft-dirty bit: they were written since forget_writes(). Throws.
[[nodiscard]] std::size_t count_soft_dirty(std::span<const std::byte> memory);
/// Clears the soft-dirty bits of this process; of all pages of `memory`, or it throws WorkloadSkip.
void forget_writes(std::span<const std::byte> memory);

/// Memory that userfaultfd can write-protect, as long as this lives.
class UffdProtection {
 public:
  /// With further features of UFFDIO_API. Throws, WorkloadSkip when this kernel cannot.
  UffdProtection(std::span<std::byte> memory, std::uint64_t features);

  /// Protects all of it, or no page any more. Throws.
  void set(bool on) const;

 private:
  std::span<std::byte> memory_;
  UniqueFd fd_;
};

}  // namespace assay::agent
