// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/residency.hpp"

#include "context.hpp"
#include "unique_fd.hpp"
#include "workloads/compaction.hpp"
#include "workloads/frame_flags.hpp"
#include "workloads/kernel_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace assay::agent::workloads {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t count_with(std::span<const std::byte> pages, std::uint64_t bit) {
  const auto entries = pagemap_of(pages);
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [&](std::uint64_t entry) { return (entry & bit) != 0; }));
}

}  // namespace

void touch_pages(const Mapping& mapping) {
  for (std::size_t at = 0; at < mapping.size(); at += page_bytes()) {
    (void)*static_cast<const volatile std::byte*>(mapping.data() + at);
  }
}

std::vector<std::uint64_t> pagemap_of(std::span<const std::byte> pages) {
  const UniqueFd fd(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  std::vector<std::uint64_t> entries(pages.size() / page_bytes());
  const auto bytes = entries.size() * sizeof(std::uint64_t);
  const auto first = reinterpret_cast<std::uintptr_t>(pages.data()) / page_bytes();
  const auto at = static_cast<off_t>(first * sizeof(std::uint64_t));
  if (!fd || ::pread(fd.get(), entries.data(), bytes, at) != static_cast<ssize_t>(bytes)) {
    throw_errno("read /proc/self/pagemap");
  }
  return entries;
}

std::size_t count_mapped(const Mapping& mapping) {
  constexpr std::uint64_t present = std::uint64_t{1} << 63U;
  return count_with(mapping.bytes(), present);
}

std::size_t count_swapped(std::span<const std::byte> pages) {
  constexpr std::uint64_t in_swap = std::uint64_t{1} << 62U;
  return count_with(pages, in_swap);
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

void settle_statistics() {
  compact_all_memory();
  constexpr const char* refresh = "/proc/sys/vm/stat_refresh";
  if (::access(refresh, W_OK) == 0) {  // a kernel for a single CPU has no counters of each CPU
    write_kernel_file(refresh, "1");
  }
}

std::int64_t count_mlocked() {
  std::ifstream file("/proc/vmstat");
  std::string name;
  std::int64_t value = 0;
  while (file >> name >> value) {
    if (name == "nr_mlock") {
      return value;
    }
  }
  throw std::runtime_error("cannot count mlocked pages: /proc/vmstat has no nr_mlock");
}

}  // namespace assay::agent::workloads
