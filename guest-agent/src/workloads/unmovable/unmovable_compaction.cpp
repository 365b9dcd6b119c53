// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/compaction.hpp"
#include "mm/kernel_files.hpp"
#include "mm/memory_cgroup.hpp"
#include "mm/page_frames.hpp"
#include "workloads/all.hpp"
#include "workloads/unmovable/unmovable_file.hpp"

#include <sys/sysinfo.h>
#include <unistd.h>

namespace assay::agent::workloads {
namespace {

constexpr const char* unevictable_allowed = "/proc/sys/vm/compact_unevictable_allowed";

/// A file whose memory is charged to a cgroup of its own, which tells its frames.
class ChargedFile {
 public:
  ChargedFile(std::string_view kind, std::uint64_t size)
      : cgroup_("assay-unmovable", 0), files_(kind), file_(files_.create(size)), size_(size) {
    cgroup_.enter();
    allocate_file(file_, size);
    MemoryCgroup::leave();
  }
  [[nodiscard]] PageFrames frames() const { return PageFrames(cgroup_.inode()); }
  /// A piece in the middle goes and comes back, which only a file that still works does.
  void use_again() const {
    punch_hole(file_, size_ / 2, size_ / 4);
    allocate_file(file_, size_);
  }

 private:
  MemoryCgroup cgroup_;
  UnmovableFiles files_;
  UniqueFd file_;
  std::uint64_t size_;
};

std::int64_t pages_of_memory() {
  struct sysinfo info{};
  ::sysinfo(&info);
  const auto bytes = static_cast<std::uint64_t>(info.totalram) * info.mem_unit;
  return static_cast<std::int64_t>(bytes / static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

void report_frames(Context& context, const PageFrames& before, const PageFrames& after) {
  context.counter("frames", static_cast<std::int64_t>(before.count()));
  context.counter("frames_moved", static_cast<std::int64_t>(before.missing_from(after)));
  context.counter("frames_on_lru", static_cast<std::int64_t>(after.on_lru()));
  context.counter("frames_unevictable", static_cast<std::int64_t>(after.unevictable()));
}

void compact(Context& context) {
  require_compaction();
  const KernelSetting allowed(unevictable_allowed, context.flag("unevictable") ? "1" : "0");
  const Fragments fragments(context);
  compact_all_memory();  // moves what the boot left behind
  const ChargedFile file(context.choice("kind"), static_cast<std::uint64_t>(context.number("size")));
  const PageFrames before = file.frames();
  const auto passes = context.number("passes");
  PassCounters counters;
  context.begin_measurement();
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    compact_all_memory();
    context.event("pass", counters.since_last(), pass + 1);
  }
  context.end_measurement();
  report_frames(context, before, file.frames());
  file.use_again();
  context.counter("passes", passes);
  context.counter("pinned", static_cast<std::int64_t>(fragments.pinned()));
  context.counter("memory", pages_of_memory());
}

std::vector<ParameterSpec> compaction_parameters() {
  return {UnmovableFiles::kind_parameter(),
          {.name = "size",
           .type = ParameterType::size,
           .unit = "bytes",
           .default_value = "64M",
           .min = 1 << 20,
           .max = std::int64_t{1} << 40,
           .help = "memory of the file"},
          Fragments::parameter(),
          {.name = "passes",
           .unit = "passes",
           .default_value = "4",
           .min = 1,
           .max = 10'000,
           .help = "how often all of memory is compacted"},
          {.name = "unevictable",
           .type = ParameterType::boolean,
           .default_value = "true",
           .help = "vm.compact_unevictable_allowed"}};
}

}  // namespace

Workload unmovable_compaction() {
  return {
      .name = "unmovable.compaction",
      .summary = "Memory is compacted while a file lies in it whose folios must not be moved.",
      .parameters = compaction_parameters(),
      .counters =
          {{.name = "frames", .unit = "pages", .help = "page frames that the file had before"},
           {.name = "frames_moved", .unit = "pages", .help = "of these, which it no longer had afterwards"},
           {.name = "frames_on_lru",
            .unit = "pages",
            .help = "page frames of the file afterwards on an LRU list"},
           {.name = "frames_unevictable", .unit = "pages", .help = "of these, on the unevictable one"},
           {.name = "passes", .unit = "passes", .help = "measured passes over all of memory"},
           {.name = "pinned", .unit = "pages", .help = "that were pinned to fragment memory"},
           {.name = "memory", .unit = "pages", .help = "that the guest has in all"}},
      .checks = {},
      .run = compact};
}

}  // namespace assay::agent::workloads
