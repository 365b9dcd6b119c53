// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/page_frames.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"

#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace assay::agent {
namespace {

/// One of the kernel's files with a 64-bit word for each frame, read from its beginning.
class FrameFile {
 public:
  explicit FrameFile(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {
    if (!fd_) {
      throw WorkloadSkip(std::string("cannot open ") + path +
                         ": it needs root, CONFIG_PROC_PAGE_MONITOR and CONFIG_MEMCG");
    }
  }
  /// Words of the next frames; none at the end. Throws.
  std::size_t read(std::span<std::uint64_t> words) {
    const ssize_t count = ::read(fd_.get(), words.data(), words.size_bytes());
    if (count < 0) {
      throw_errno("read what the kernel says of page frames");
    }
    return static_cast<std::size_t>(count) / sizeof(std::uint64_t);
  }

 private:
  UniqueFd fd_;
};

constexpr std::uint64_t bit(unsigned flag) { return std::uint64_t{1} << flag; }

bool is(PageFrames::Of kind, std::uint64_t flags) {
  if ((flags & (bit(KPF_SLAB) | bit(KPF_PGTABLE) | bit(KPF_BUDDY) | bit(KPF_NOPAGE))) != 0) {
    return false;
  }
  return ((flags & bit(KPF_ANON)) != 0) == (kind == PageFrames::Of::anonymous);
}

}  // namespace

PageFrames::PageFrames(std::uint64_t cgroup, Of kind) {
  FrameFile owners("/proc/kpagecgroup");
  FrameFile states("/proc/kpageflags");
  std::array<std::uint64_t, 4096> owner{};
  std::array<std::uint64_t, 4096> flags{};
  Pfn frame{};
  for (;;) {
    const std::size_t count = std::min(owners.read(owner), states.read(flags));
    if (count == 0) {
      return;
    }
    for (std::size_t i = 0; i < count; ++i, frame = frame + 1) {
      if (owner.at(i) == cgroup && is(kind, flags.at(i))) {
        frames_.push_back(frame);
        on_lru_ += (flags.at(i) & bit(KPF_LRU)) != 0 ? 1 : 0;
        unevictable_ += (flags.at(i) & bit(KPF_UNEVICTABLE)) != 0 ? 1 : 0;
        dirty_ += (flags.at(i) & bit(KPF_DIRTY)) != 0 ? 1 : 0;
      }
    }
  }
}

std::size_t PageFrames::missing_from(const PageFrames& later) const {
  std::vector<Pfn> missing;
  std::ranges::set_difference(frames_, later.frames_, std::back_inserter(missing));
  return missing.size();
}

}  // namespace assay::agent
