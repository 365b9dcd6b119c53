// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "unique_fd.hpp"

#include <cstdint>

namespace assay::agent::workloads {

/// A virtual machine without a vcpu, for its guest_memfd: memory that belongs to a file that nobody can map,
/// read or write, and whose mapping says that it must not be moved (AS_UNMOVABLE; AS_INACCESSIBLE in 6.12).
class GuestMemory {
 public:
  /// Throws WorkloadSkip when this kernel has no KVM or no guest_memfd.
  GuestMemory();

  /// A new file of `size` bytes, empty.
  [[nodiscard]] UniqueFd create(std::uint64_t size) const;

 private:
  UniqueFd kvm_;
  UniqueFd vm_;
};

/// Gives the file memory, all at once. Throws.
void allocate(const UniqueFd& file, std::uint64_t size);

/// Takes a part of the file's memory away again. Throws.
void punch_hole(const UniqueFd& file, std::uint64_t offset, std::uint64_t size);

}  // namespace assay::agent::workloads
