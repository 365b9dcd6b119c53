// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/residency.hpp"

#include "contract/context.hpp"
#include "mm/compaction.hpp"
#include "mm/frame_flags.hpp"
#include "mm/kernel_files.hpp"
#include "mm/pagemap.hpp"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

namespace assay::agent {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

void touch_pages(const Mapping& mapping) {
  for (std::size_t at = 0; at < mapping.size(); at += page_bytes()) {
    (void)*static_cast<const volatile std::byte*>(mapping.data() + at);
  }
}

std::size_t count_mapped(const Mapping& mapping) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pagemap_of(mapping.bytes()), &PagemapEntry::is_mapped));
}

std::size_t count_swapped(std::span<const std::byte> pages) {
  return static_cast<std::size_t>(std::ranges::count_if(pagemap_of(pages), &PagemapEntry::is_swapped));
}

std::size_t count_exclusive(std::span<const std::byte> pages) {
  const FrameFlags flags;
  return static_cast<std::size_t>(flags.count(frames_under(pages), exclusive_flag(flags)));
}

std::size_t count_resident(const Mapping& mapping) {
  std::vector<unsigned char> states(mapping.size() / page_bytes());
  if (::mincore(mapping.data(), mapping.size(), states.data()) != 0) {
    throw_errno("ask which pages are resident");
  }
  std::size_t count = 0;
  for (const unsigned char state : states) {
    count += state & 1U;
  }
  return count;
}

void page_out(const Mapping& mapping) {
  touch_pages(mapping);
  if (::madvise(mapping.data(), mapping.size(), MADV_PAGEOUT) != 0) {
    throw_errno("page out the mapping");
  }
}

void fold_statistics() {
  constexpr const char* refresh = "/proc/sys/vm/stat_refresh";
  if (::access(refresh, W_OK) == 0) {  // a kernel for a single CPU has no counters of each CPU
    write_kernel_file(refresh, "1");
  }
}

void settle_statistics() {
  compact_all_memory();
  fold_statistics();
}

std::int64_t count_mlocked() { return vmstat_number("nr_mlock"); }

}  // namespace assay::agent
