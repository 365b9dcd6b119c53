// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/pagemap.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace assay::agent {

std::vector<PagemapEntry> pagemap_of(std::span<const std::byte> pages) {
  static_assert(sizeof(PagemapEntry) == sizeof(std::uint64_t));  // as the kernel has them
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const UniqueFd fd(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  std::vector<PagemapEntry> entries(pages.size() / page_bytes);
  const auto bytes = entries.size() * sizeof(PagemapEntry);
  const auto first = reinterpret_cast<std::uintptr_t>(pages.data()) / page_bytes;
  const auto at = static_cast<off_t>(first * sizeof(PagemapEntry));
  if (!fd || ::pread(fd.get(), entries.data(), bytes, at) != static_cast<ssize_t>(bytes)) {
    throw_errno("read /proc/self/pagemap");
  }
  return entries;
}

std::vector<Pfn> frames_under(std::span<const std::byte> pages) {
  const auto entries = pagemap_of(pages);
  std::vector<Pfn> frames(entries.size());
  std::ranges::transform(entries, frames.begin(), &PagemapEntry::frame);
  return frames;
}

}  // namespace assay::agent
