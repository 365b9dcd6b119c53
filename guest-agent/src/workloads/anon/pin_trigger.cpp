// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/pin_trigger.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"
#include "mm/pagemap.hpp"
#include "mm/residency.hpp"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace assay::agent::workloads {
namespace {

void set_protection(std::span<std::byte> memory, int protection) {
  if (::mprotect(memory.data(), memory.size(), protection) != 0) {
    throw_errno("change the protection of memory");
  }
}

std::size_t count_soft_dirty(std::span<const std::byte> memory) {
  return static_cast<std::size_t>(std::ranges::count_if(pagemap_of(memory), &PagemapEntry::is_soft_dirty));
}

UniqueFd open_uffd(std::uint64_t features) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC)));
  uffdio_api api{.api = UFFD_API, .features = features, .ioctls = 0};
  if (!fd || ::ioctl(fd.get(), UFFDIO_API, &api) != 0 || (api.features & features) != features) {
    throw WorkloadSkip("this kernel's userfaultfd cannot write-protect such pages");
  }
  return fd;
}

void write_protect(int uffd, const uffdio_range& range, bool on) {
  uffdio_writeprotect order{.range = range, .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0};
  if (::ioctl(uffd, UFFDIO_WRITEPROTECT, &order) != 0) {
    throw_errno("write-protect by userfaultfd");
  }
}

}  // namespace

std::size_t judged_of_unit(const AnonArea& area) {
  constexpr std::size_t most = 32;
  return std::min(area.unit(), most);
}

std::vector<std::size_t> judged_pages(const AnonArea& area) {
  std::vector<std::size_t> pages;
  for (std::size_t unit = 0; unit < area.pages(); unit += area.unit()) {
    for (std::size_t page = 0; page < judged_of_unit(area); ++page) {
      pages.push_back(unit + page);
    }
  }
  return pages;
}

PinTrigger::PinTrigger(std::string_view name, std::string_view page_kind, AnonArea& area,
                       std::optional<RamSwap>& swap)
    : name_(name), page_kind_(page_kind), area_(area), swap_(swap) {}

const std::vector<std::string_view>& PinTrigger::names() {
  static const std::vector<std::string_view> all{
      "none",       "fork_before", "fork_before_gone", "fork_after",     "swap_before", "swap_after",
      "ksm_before", "ksm_after",   "mprotect",         "mprotect_clean", "uffd_wp"};
  return all;
}

void PinTrigger::before_pin() {
  if (name_ == "fork_before") {
    child_.emplace();
  } else if (name_ == "fork_before_gone") {
    fork_and_gone();
  } else if (name_ == "swap_before") {
    page_out(true);
  } else if (name_ == "ksm_before") {
    merge();
    require_merged();
  }
}

void PinTrigger::after_pin() {
  if (name_ == "fork_after") {
    child_.emplace();
  } else if (name_ == "swap_after") {
    page_out(false);
  } else if (name_ == "ksm_after") {
    merge();
  } else if (name_.starts_with("mprotect")) {
    protect_and_back(name_ == "mprotect_clean");
  } else if (name_ == "uffd_wp") {
    protect_by_uffd();
  }
}

void PinTrigger::require_seen() const {
  if (name_ == "fork_before" || name_ == "fork_after") {
    require_of_units("are shared with the child",
                     [](PagemapEntry entry) { return entry.is_mapped() && !entry.is_mapped_once(); });
  } else if (name_ == "swap_after") {
    require_of_units("went to swap", [](PagemapEntry entry) { return entry.is_swapped(); });
  } else if (name_ == "ksm_after") {
    require_merged();
  }
}

/// Of a huge page, its first page stands for it.
void PinTrigger::require_of_units(std::string_view what, bool (*seen)(PagemapEntry entry)) const {
  const auto entries = pagemap_of(area_.bytes());
  const std::size_t units = area_.pages() / area_.unit();
  std::size_t count = 0;
  for (std::size_t page = 0; page < entries.size(); page += area_.unit()) {
    count += seen(entries[page]) ? 1 : 0;
  }
  if (count != units) {
    throw WorkloadSkip(std::to_string(count) + " of " + std::to_string(units) + " pages " +
                       std::string(what));
  }
}

void PinTrigger::fork_and_gone() {
  const pid_t pid = fork_or_throw();
  if (pid == 0) {
    ::_exit(0);
  }
  wait_for_end(pid);
}

void PinTrigger::page_out(bool all) {
  if (page_kind_ == "hugetlb") {
    throw WorkloadSkip("pages of hugetlbfs are not swapped");
  }
  if (!swap_) {
    swap_.emplace();
  }
  constexpr int tries = 10;  // a page in a batch of another CPU's is left out
  constexpr useconds_t pause_us = 10'000;
  const auto memory = area_.bytes();
  for (int i = 0; i < tries; ++i) {
    if (::madvise(memory.data(), memory.size(), MADV_PAGEOUT) != 0) {
      throw_errno("page out memory");
    }
    if (!all || count_swapped(memory) == area_.pages()) {
      return;
    }
    ::usleep(pause_us);
  }
  throw WorkloadSkip(std::to_string(count_swapped(memory)) + " of " + std::to_string(area_.pages()) +
                     " pages went to swap");
}

void PinTrigger::protect_and_back(bool clean) const {
  set_protection(area_.bytes(), PROT_READ);
  if (clean) {
    forget_writes();
  }
  set_protection(area_.bytes(), PROT_READ | PROT_WRITE);
}

/// Of read-only pages: it passes over pinned ones that are writable, since 9348b73c2e1b ("mm: don't play
/// games with pinned pages in clear_page_refs", 5.11).
void PinTrigger::forget_writes() const {
  if (count_soft_dirty(area_.bytes()) != area_.pages()) {
    throw WorkloadSkip("this kernel has no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)");
  }
  write_kernel_file("/proc/self/clear_refs", "4");
  if (const auto left = count_soft_dirty(area_.bytes()); left != 0) {
    throw WorkloadSkip(std::to_string(left) + " pages are still soft-dirty");
  }
}

void PinTrigger::protect_by_uffd() {
  uffd_ = open_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP |
                    (page_kind_ == "hugetlb" ? UFFD_FEATURE_WP_HUGETLBFS_SHMEM : 0));
  const uffdio_range range{.start = reinterpret_cast<std::uintptr_t>(area_.bytes().data()),
                           .len = area_.bytes().size()};
  uffdio_register order{.range = range, .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
  if (::ioctl(uffd_.get(), UFFDIO_REGISTER, &order) != 0) {
    throw_errno("register memory with userfaultfd");
  }
  write_protect(uffd_.get(), range, true);
  write_protect(uffd_.get(), range, false);
}

void PinTrigger::merge() {
  if (page_kind_ == "hugetlb") {
    throw WorkloadSkip("KSM leaves pages of hugetlbfs alone");
  }
  const auto judged = judged_pages(area_);
  twin_.emplace("small", judged.size() * area_.page_size());
  for (std::size_t index = 0; index < judged.size(); ++index) {
    twin_->write(index, area_.word(judged[index]));
    PageMerging::offer(area_.page(judged[index]));
  }
  PageMerging::offer(twin_->bytes());
  merging_.emplace();
  PageMerging::scan();
}

void PinTrigger::require_merged() const {
  const auto judged = judged_pages(area_);
  std::size_t merged = 0;
  for (const std::size_t page : judged) {
    merged += PageMerging::count_merged(area_.page(page));
  }
  if (merged != judged.size()) {
    throw WorkloadSkip("KSM merged " + std::to_string(merged) + " of " + std::to_string(judged.size()) +
                       " pages");
  }
}

}  // namespace assay::agent::workloads
