// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/page_merging.hpp"

#include "base/clock.hpp"
#include "contract/context.hpp"
#include "mm/frame_flags.hpp"
#include "mm/pagemap.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace assay::agent {
namespace {

constexpr const char* ksm_run = "/sys/kernel/mm/ksm/run";
constexpr const char* full_scans = "/sys/kernel/mm/ksm/full_scans";

const char* pages_to_scan() {
  if (::access(ksm_run, W_OK) != 0) {
    throw WorkloadSkip("this kernel does not merge pages (CONFIG_KSM)");
  }
  return "/sys/kernel/mm/ksm/pages_to_scan";
}

}  // namespace

PageMerging::PageMerging()
    : pages_(pages_to_scan(), "4096"),
      sleep_("/sys/kernel/mm/ksm/sleep_millisecs", "1"),
      run_(ksm_run, "1") {}

void PageMerging::offer(std::span<std::byte> pages) {
  if (::madvise(pages.data(), pages.size(), MADV_MERGEABLE) != 0) {
    throw_errno("offer pages to KSM");
  }
}

void PageMerging::scan() {
  constexpr std::uint64_t patience_ns = 10'000'000'000;
  constexpr useconds_t pause_us = 1000;
  constexpr std::int64_t enough = 4;  // the one that is under way does not count
  const std::uint64_t begin = monotonic_ns();
  const std::int64_t first = read_kernel_number(full_scans);
  while (read_kernel_number(full_scans) < first + enough) {
    if (monotonic_ns() - begin > patience_ns) {
      throw WorkloadSkip("KSM looked at nothing for ten seconds");
    }
    ::usleep(pause_us);
  }
}

std::size_t PageMerging::count_merged(std::span<const std::byte> pages) {
  return static_cast<std::size_t>(FrameFlags().count(frames_under(pages), KPF_KSM));
}

}  // namespace assay::agent
