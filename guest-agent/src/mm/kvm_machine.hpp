// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>

namespace assay::agent {

/// A virtual machine of KVM's inside the guest, for the memory that KVM gives out. Nothing ever runs in it.
class KvmMachine {
 public:
  enum class Type : unsigned long {
    ordinary = 0,
    software_protected = 1,  ///< has private memory: the only kind with a guest_memfd that needs no hardware
  };

  /// Throws WorkloadSkip when this kernel or CPU has no KVM, or not of this type.
  explicit KvmMachine(Type type);

  /// A new guest_memfd of `size` bytes, empty: a file that nobody can map, read or write, and whose mapping
  /// says that it must not be moved: AS_UNMOVABLE, and AS_INACCESSIBLE since 27e6a24a4cf3 ("mm, virt: merge
  /// AS_UNMOVABLE and AS_INACCESSIBLE", 6.11). Throws WorkloadSkip before 6.8.
  [[nodiscard]] UniqueFd new_guest_memfd(std::uint64_t size) const;
  /// A vcpu, of which at least two pages can be mapped (struct kvm_run, and the data of port I/O). Throws
  /// WorkloadSkip.
  [[nodiscard]] UniqueFd new_vcpu() const;

 private:
  UniqueFd kvm_;
  UniqueFd vm_;
};

}  // namespace assay::agent
