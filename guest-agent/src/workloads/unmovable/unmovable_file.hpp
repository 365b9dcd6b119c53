// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "contract/parameters.hpp"
#include "mm/kvm_machine.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace assay::agent::workloads {

/// Makes files of one kind, whose folios must not be moved, or may:
/// - "guest-memfd": KVM's, which must not be moved and says so by a flag of the mapping;
/// - "flagged": of the test driver in images/kernels/patches/unmovable-files: with the flag, but otherwise
/// movable;
/// - "unflagged": of the same driver and unevictable as the flagged ones, but without the flag;
/// - "stuck": of the same driver without the flag, dirty and without ->migrate_folio; "stuck-evictable": not
/// even unevictable;
/// - "clean": as "stuck", but clean, so that they are moved all the same;
/// - "memfd": ordinary shared memory.
class UnmovableFiles {
 public:
  /// The parameter "kind" of workloads on such files.
  [[nodiscard]] static ParameterSpec kind_parameter();

  /// Throws WorkloadSkip when this kernel has no such files.
  explicit UnmovableFiles(std::string_view kind);

  /// A new file of `size` bytes, empty. Throws, WorkloadSkip included.
  [[nodiscard]] UniqueFd create(std::uint64_t size) const;

 private:
  std::string_view kind_;
  std::optional<KvmMachine> machine_;
  UniqueFd driver_;
};

/// Gives the first `size` bytes of the file memory, all at once. Throws.
void allocate_file(const UniqueFd& file, std::uint64_t size);

/// Takes a part of the file's memory away again. Throws.
void punch_hole(const UniqueFd& file, std::uint64_t offset, std::uint64_t size);

}  // namespace assay::agent::workloads
