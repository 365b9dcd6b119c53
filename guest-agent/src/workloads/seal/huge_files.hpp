// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "mm/huge_pages.hpp"
#include "mm/kernel_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::agent::workloads {

/// Files that are made meanwhile consist of huge pages, where they are large enough.
class HugeFiles {
 public:
  HugeFiles() {
    require_guest("makes all shared memory of huge pages");
    setting_.reset(::open("/sys/kernel/mm/transparent_hugepage/shmem_enabled", O_WRONLY | O_CLOEXEC));
    if (!setting_) {
      throw WorkloadSkip("this kernel has no huge pages in shared memory (CONFIG_TRANSPARENT_HUGEPAGE)");
    }
    if (!set("always")) {
      throw_errno("ask for huge pages in shared memory");
    }
  }
  HugeFiles(const HugeFiles&) = delete;
  HugeFiles& operator=(const HugeFiles&) = delete;
  HugeFiles(HugeFiles&&) = delete;
  HugeFiles& operator=(HugeFiles&&) = delete;
  ~HugeFiles() { (void)set("never"); }

 private:
  [[nodiscard]] bool set(std::string_view value) const {
    return ::pwrite(setting_.get(), value.data(), value.size(), 0) == static_cast<ssize_t>(value.size());
  }

  UniqueFd setting_;
};

/// hugetlbfs has room for files of so many bytes.
class HugetlbRoom {
 public:
  explicit HugetlbRoom(std::size_t bytes) {
    if (bytes % hugetlb_page_bytes() != 0) {
      throw Refusal("a file of hugetlbfs has whole huge pages of " + std::to_string(hugetlb_page_bytes()) +
                    " bytes");
    }
    grow_hugetlb_pool(bytes / hugetlb_page_bytes());
  }
  HugetlbRoom(const HugetlbRoom&) = delete;
  HugetlbRoom& operator=(const HugetlbRoom&) = delete;
  HugetlbRoom(HugetlbRoom&&) = delete;
  HugetlbRoom& operator=(HugetlbRoom&&) = delete;
  ~HugetlbRoom() { empty_hugetlb_pool(); }
};

}  // namespace assay::agent::workloads
