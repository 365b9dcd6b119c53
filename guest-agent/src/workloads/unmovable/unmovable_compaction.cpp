// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/compaction.hpp"
#include "mm/kernel_files.hpp"
#include "mm/memory_cgroup.hpp"
#include "mm/page_frames.hpp"
#include "workloads/all.hpp"
#include "workloads/unmovable/unmovable_file.hpp"

#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr const char* unevictable_allowed = "/proc/sys/vm/compact_unevictable_allowed";

constexpr std::string_view dirty_anonymous = "dirty-anonymous";
constexpr std::string_view mlocked_anonymous = "mlocked-anonymous";

/// Makes anonymous folios dirty themselves, and not only their page-table entries: as those are that the
/// kernel wrote to for another process, or this one as if it were.
void make_dirty(const AnonArea& area) {
  std::vector<std::byte> content(area.page_size());
  const iovec from{.iov_base = content.data(), .iov_len = content.size()};
  for (std::size_t index = 0; index < area.pages(); ++index) {
    const iovec to{.iov_base = area.page(index).data(), .iov_len = content.size()};
    if (::process_vm_writev(::getpid(), &from, 1, &to, 1, 0) != static_cast<ssize_t>(content.size())) {
      throw_errno("write to memory by process_vm_writev()");
    }
  }
}

void lock_memory(const AnonArea& area) {
  if (::mlock(area.bytes().data(), area.bytes().size()) != 0) {
    throw_errno("mlock() the memory");
  }
}

/// Memory that is charged to a cgroup of its own, which tells its frames: of a file, or anonymous.
class ChargedMemory {
 public:
  ChargedMemory(std::string_view kind, std::uint64_t size) : cgroup_("assay-unmovable", 0), size_(size) {
    if (kind != dirty_anonymous && kind != mlocked_anonymous) {
      files_.emplace(kind);
      file_ = files_->create(size);
    }
    cgroup_.enter();
    if (file_) {
      allocate_file(file_, size);
    } else {
      anonymous_.emplace("small", size);
      kind == dirty_anonymous ? make_dirty(*anonymous_) : lock_memory(*anonymous_);
    }
    MemoryCgroup::leave();
  }
  [[nodiscard]] PageFrames frames() const {
    return {cgroup_.inode(), file_ ? PageFrames::Of::files : PageFrames::Of::anonymous};
  }
  /// A piece in the middle goes and comes back, which only a file that still works does.
  void use_again() const {
    if (file_) {
      punch_hole(file_, size_ / 2, size_ / 4);
      allocate_file(file_, size_);
    }
  }

 private:
  MemoryCgroup cgroup_;
  std::optional<UnmovableFiles> files_;
  UniqueFd file_;
  std::optional<AnonArea> anonymous_;
  std::uint64_t size_;
};

/// One pass over all of memory, finished when it returns.
void make_pass(bool waits, const Kcompactd& kcompactd) {
  if (waits) {
    compact_all_memory();
  } else {
    kcompactd.pass();
  }
}

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
  context.counter("frames_dirty", static_cast<std::int64_t>(after.dirty()));
}

void compact(Context& context) {
  require_compaction();
  const KernelSetting allowed(unevictable_allowed, context.flag("unevictable") ? "1" : "0");
  const Kcompactd kcompactd;
  const Fragments fragments(context);
  compact_all_memory();  // moves what the boot left behind
  const ChargedMemory memory(context.choice("kind"), static_cast<std::uint64_t>(context.number("size")));
  const PageFrames before = memory.frames();
  const auto passes = context.number("passes");
  context.begin_measurement();
  PassCounters counters;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    make_pass(context.flag("waits"), kcompactd);
    context.event("pass", counters.since_last(), pass + 1);
  }
  context.end_measurement();
  report_frames(context, before, memory.frames());
  memory.use_again();
  context.counter("passes", passes);
  context.counter("pinned", static_cast<std::int64_t>(fragments.pinned()));
  context.counter("memory", pages_of_memory());
}

std::vector<ParameterSpec> compaction_parameters() {
  ParameterSpec kind = UnmovableFiles::kind_parameter();
  kind.choices.insert(kind.choices.end(), {dirty_anonymous, mlocked_anonymous});
  static const std::string help =
      std::string(kind.help) + "; dirty-anonymous, mlocked-anonymous: no file, but private memory";
  kind.help = help;
  return {
      kind,
      {.name = "size",
       .type = ParameterType::size,
       .unit = "bytes",
       .default_value = "64M",
       .min = 1 << 20,
       .max = std::int64_t{1} << 40,
       .help = "memory of the file, or without one"},
      Fragments::parameter(),
      {.name = "passes",
       .unit = "passes",
       .default_value = "4",
       .min = 1,
       .max = 10'000,
       .help = "how often all of memory is compacted"},
      {.name = "waits",
       .type = ParameterType::boolean,
       .default_value = "true",
       .help = "passes may wait for I/O (/proc/sys/vm/compact_memory); false: they are kcompactd's, which "
               "must not"},
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
           {.name = "frames_dirty", .unit = "pages", .help = "of these, dirty"},
           {.name = "passes", .unit = "passes", .help = "measured passes over all of memory"},
           {.name = "pinned", .unit = "pages", .help = "that were pinned to fragment memory"},
           {.name = "memory", .unit = "pages", .help = "that the guest has in all"}},
      .checks = {},
      .run = compact};
}

}  // namespace assay::agent::workloads
