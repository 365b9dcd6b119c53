// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/pin_trigger.hpp"

#include "contract/context.hpp"
#include "mm/pagemap.hpp"
#include "mm/residency.hpp"
#include "mm/write_tracking.hpp"

#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace assay::agent::workloads {
std::size_t judged_of_run(const AnonArea& area) {
  constexpr std::size_t of_huge_page = 16;
  return area.unit() == 1 ? area.pages() : of_huge_page;
}

std::vector<std::size_t> judged_runs(const AnonArea& area) {
  if (area.unit() == 1) {
    return {0};
  }
  std::vector<std::size_t> runs;
  for (std::size_t at = 0; at < area.pages(); at += area.unit() / 2) {
    runs.push_back(at);
  }
  return runs;
}

std::vector<std::size_t> judged_pages(const AnonArea& area) {
  std::vector<std::size_t> pages;
  for (const std::size_t run : judged_runs(area)) {
    for (std::size_t page = 0; page < judged_of_run(area); ++page) {
      pages.push_back(run + page);
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

/// Soft-dirty bits are cleared of read-only pages: that passes over pinned ones that are writable, since
/// 9348b73c2e1b ("mm: don't play games with pinned pages in clear_page_refs", 5.11).
void PinTrigger::protect_and_back(bool clean) const {
  set_protection(area_.bytes(), PROT_READ);
  if (clean) {
    forget_writes(area_.bytes());
  }
  set_protection(area_.bytes(), PROT_READ | PROT_WRITE);
}

void PinTrigger::protect_by_uffd() {
  protection_.emplace(area_.bytes(), page_kind_ == "hugetlb" ? UFFD_FEATURE_WP_HUGETLBFS_SHMEM : 0);
  protection_->set(true);
  protection_->set(false);
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
