// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent {

/// A cgroup of the guest with the memory controller. It goes with the object, if no process is left in it.
class MemoryCgroup {
 public:
  /// `limit` in bytes; 0: none. Throws WorkloadSkip outside of a guest and without cgroups of version 2.
  MemoryCgroup(std::string_view name, std::int64_t limit);
  MemoryCgroup(const MemoryCgroup&) = delete;
  MemoryCgroup& operator=(const MemoryCgroup&) = delete;
  MemoryCgroup(MemoryCgroup&&) = delete;
  MemoryCgroup& operator=(MemoryCgroup&&) = delete;
  ~MemoryCgroup();

  /// Moves the calling process into it. Throws.
  void enter() const;
  /// Who writes "0" to this file is moved into it.
  [[nodiscard]] std::string entrance() const { return path("cgroup.procs"); }
  /// Moves it back to the root cgroup. Throws.
  static void leave();
  /// Of the cgroup's folder: how the kernel names the owner of a page frame. Throws.
  [[nodiscard]] std::uint64_t inode() const;
  /// memory.current in bytes: charges are taken in batches of up to 64 pages a CPU. Throws.
  [[nodiscard]] std::int64_t current() const;
  /// memory.peak in bytes; 0 where the kernel has no such file, which came with 8e20d4b33266 ("mm/memcontrol:
  /// export memcg->watermark via sysfs for v2 memcg", 5.19).
  [[nodiscard]] std::int64_t peak() const;
  /// A value of memory.stat, as bytes where it is about memory. Throws when there is none.
  [[nodiscard]] std::int64_t stat(std::string_view name) const;
  /// How often the OOM killer ended a process of it. Throws.
  [[nodiscard]] std::int64_t oom_kills() const;

 private:
  [[nodiscard]] std::int64_t value_in(std::string_view file, std::string_view wanted) const;
  [[nodiscard]] std::string path(std::string_view file) const;

  std::string folder_;
};

}  // namespace assay::agent
