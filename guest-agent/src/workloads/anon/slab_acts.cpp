// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/anon/slab_acts.hpp"

#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/anon_child.hpp"
#include "mm/frame_flags.hpp"
#include "mm/kernel_files.hpp"
#include "mm/kernel_log.hpp"
#include "mm/pagemap.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <optional>
#include <string>

namespace assay::agent::workloads {
namespace {

constexpr std::size_t frames_at_once = 4096;

/// How many pages the kernel says it has given to slabs.
std::int64_t slab_pages_by_meminfo() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  for (std::int64_t kb = 0; file >> name; file.ignore(64, '\n')) {
    if (name == "Slab:" && file >> kb) {
      return kb * 1024 / ::sysconf(_SC_PAGESIZE);
    }
  }
  throw std::runtime_error("cannot tell how large slabs are: /proc/meminfo has no Slab");
}

/// The frame after the last.
std::uint64_t end_of_memory() {
  std::ifstream file("/proc/zoneinfo");
  std::string word;
  std::uint64_t first = 0;
  std::uint64_t spanned = 0;
  std::uint64_t end = 0;
  while (file >> word) {
    if (word == "spanned") {
      file >> spanned;
    } else if (word == "start_pfn:" && file >> first && spanned > 0) {
      end = std::max(end, first + spanned);
    }
  }
  return end;
}

void scan_memory(const FrameFlags& flags, SlabTally& sum) {
  const std::uint64_t end = end_of_memory();
  std::array<std::uint64_t, frames_at_once> words{};
  for (std::uint64_t first = 0; first < end; first += words.size()) {
    const auto part = std::span(words).first(std::min<std::uint64_t>(words.size(), end - first));
    flags.read(Pfn{first}, part);
    for (const std::uint64_t word : part) {
      const bool is_anon = has_flag(word, KPF_ANON);
      const bool is_slab = has_flag(word, KPF_SLAB);
      sum.anon_frames += is_anon ? 1 : 0;
      sum.anon_slab += is_anon && is_slab ? 1 : 0;
      sum.slab_frames += is_slab && !is_anon ? 1 : 0;
    }
  }
}

struct Classified {
  std::string_view text;
  std::int64_t SlabTally::* count;
};

constexpr std::array classes{
    Classified{"recovery action for kernel slab page: Ignored", &SlabTally::ignored_as_slab},
    Classified{": Recovered", &SlabTally::recovered}};

}  // namespace

SlabTally free_split(const SlabPlan& plan) {
  const AnonArea area(plan.kind, plan.size);
  area.split_mappings();
  area.zap();
  return {.pages = static_cast<std::int64_t>(area.pages())};
}

SlabTally scan_for_slab(const SlabPlan& plan) {
  require_guest("looks at all of memory");
  const FrameFlags flags;
  const AnonArea area(plan.kind, plan.size);
  const auto frames = frames_under(area.bytes());
  SlabTally sum{.pages = static_cast<std::int64_t>(area.pages())};
  sum.exclusive_slab = flags.count(frames, KPF_SLAB);
  sum.slab_expected = slab_pages_by_meminfo();
  scan_memory(flags, sum);
  {
    const SleepingChild child;
    sum.shared_slab = flags.count(frames, KPF_SLAB);
  }
  area.write_all(2);
  area.zap();
  sum.freed_slab = flags.count(frames, KPF_SLAB);
  return sum;
}

SlabTally poison_pages(const SlabPlan& plan, bool shared) {
  require_guest("poisons memory");
  const FrameFlags flags;
  const AnonArea area(plan.kind, plan.size);
  const auto frames = frames_under(area.bytes());
  SlabTally sum{.pages = static_cast<std::int64_t>(area.pages())};
  std::optional<SleepingChild> child;
  if (shared) {
    child.emplace();
  }
  const KernelLog log;
  for (std::size_t index = 0; index < area.pages(); index += area.unit()) {
    const auto page = area.page(index);
    if (::madvise(page.data(), page.size(), MADV_HWPOISON) != 0 && errno == EINVAL) {
      throw WorkloadSkip("this kernel cannot poison pages: it lacks CONFIG_MEMORY_FAILURE");
    }
    ++sum.poisoned;
    sum.hwpoisoned += has_flag(flags.of(frames[index]), KPF_HWPOISON) ? 1 : 0;
  }
  for (const std::string& line : log.read_new()) {
    for (const Classified& one : classes) {
      sum.*one.count += line.find(one.text) != std::string::npos ? 1 : 0;
    }
  }
  return sum;
}

}  // namespace assay::agent::workloads
