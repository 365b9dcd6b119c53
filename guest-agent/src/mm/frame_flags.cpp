// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/frame_flags.hpp"

#include "contract/context.hpp"
#include "mm/mapping.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace assay::agent {
namespace {

// Of fs/proc/page.c's own flags: PG_mappedtodisk, whose bit PG_anon_exclusive has since 78fbe906cc90
// ("mm/page-flags: reuse PG_mappedtodisk as PG_anon_exclusive for PageAnon() pages", 5.19).
// linux/kernel-page-flags.h does not tell these flags, and they have never moved.
constexpr unsigned kpf_mappedtodisk = 34;

}  // namespace

FrameFlags::FrameFlags() : fd_(::open("/proc/kpageflags", O_RDONLY | O_CLOEXEC)) {
  if (!fd_) {
    throw WorkloadSkip("cannot open /proc/kpageflags: it needs root and CONFIG_PROC_PAGE_MONITOR");
  }
}

std::uint64_t FrameFlags::of(Pfn frame) const {
  std::array<std::uint64_t, 1> flags{};
  if (frame != no_frame) {
    read(frame, flags);
  }
  return flags[0];
}

void FrameFlags::read(Pfn first, std::span<std::uint64_t> flags) const {
  const auto at = static_cast<off_t>(static_cast<std::uint64_t>(first) * sizeof(std::uint64_t));
  if (::pread(fd_.get(), flags.data(), flags.size_bytes(), at) != static_cast<ssize_t>(flags.size_bytes())) {
    throw_errno("read /proc/kpageflags");
  }
}

std::int64_t FrameFlags::count(std::span<const Pfn> frames, unsigned flag) const {
  return count_if(frames, [flag](std::uint64_t flags) { return has_flag(flags, flag); });
}

std::int64_t FrameFlags::count_if(std::span<const Pfn> frames,
                                  const std::function<bool(std::uint64_t)>& wanted) const {
  return std::ranges::count_if(frames, [&](Pfn frame) { return frame != no_frame && wanted(of(frame)); });
}

unsigned exclusive_flag(const FrameFlags& flags) {
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("map a page");
  }
  const Mapping page(at, size);
  *page.data() = std::byte{1};
  const std::uint64_t found = flags.of(frames_under(page.bytes())[0]);
  for (const unsigned flag : {kpf_mappedtodisk, unsigned{KPF_SLAB}}) {
    if (has_flag(found, flag)) {
      return flag;
    }
  }
  throw WorkloadSkip("this kernel's /proc/kpageflags does not tell which anonymous pages are exclusive");
}

}  // namespace assay::agent
