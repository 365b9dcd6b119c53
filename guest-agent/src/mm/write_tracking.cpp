// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/write_tracking.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"
#include "mm/pagemap.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace assay::agent {
namespace {

UniqueFd open_uffd(std::uint64_t features) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC)));
  uffdio_api api{.api = UFFD_API, .features = features, .ioctls = 0};
  if (!fd || ::ioctl(fd.get(), UFFDIO_API, &api) != 0 || (api.features & features) != features) {
    throw WorkloadSkip("this kernel's userfaultfd cannot write-protect such pages");
  }
  return fd;
}

uffdio_range range_of(std::span<const std::byte> memory) {
  return {.start = reinterpret_cast<std::uintptr_t>(memory.data()), .len = memory.size()};
}

}  // namespace

void set_protection(std::span<std::byte> memory, int protection) {
  if (::mprotect(memory.data(), memory.size(), protection) != 0) {
    throw_errno("change the protection of memory");
  }
}

void protect_and_back(std::span<std::byte> memory) {
  set_protection(memory, PROT_READ);
  set_protection(memory, PROT_READ | PROT_WRITE);
}

std::size_t count_soft_dirty(std::span<const std::byte> memory) {
  return static_cast<std::size_t>(std::ranges::count_if(pagemap_of(memory), &PagemapEntry::is_soft_dirty));
}

void forget_writes(std::span<const std::byte> memory) {
  if (count_soft_dirty(memory) != pagemap_of(memory).size()) {
    throw WorkloadSkip("this kernel has no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)");
  }
  write_kernel_file("/proc/self/clear_refs", "4");
  if (const auto left = count_soft_dirty(memory); left != 0) {
    throw WorkloadSkip(std::to_string(left) + " pages are still soft-dirty");
  }
}

UffdProtection::UffdProtection(std::span<std::byte> memory, std::uint64_t features)
    : memory_(memory), fd_(open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP | features)) {
  uffdio_register order{.range = range_of(memory), .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
  if (::ioctl(fd_.get(), UFFDIO_REGISTER, &order) != 0) {
    throw_errno("register memory with userfaultfd");
  }
}

void UffdProtection::set(bool on) const {
  uffdio_writeprotect order{.range = range_of(memory_), .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0};
  if (::ioctl(fd_.get(), UFFDIO_WRITEPROTECT, &order) != 0) {
    throw_errno("write-protect by userfaultfd");
  }
}

}  // namespace assay::agent
