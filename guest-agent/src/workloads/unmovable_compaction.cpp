// SPDX-License-Identifier: GPL-2.0-or-later
#include "context.hpp"
#include "workloads/all.hpp"
#include "workloads/compaction.hpp"
#include "workloads/guest_memfd.hpp"
#include "workloads/kernel_files.hpp"
#include "workloads/ring_pins.hpp"

#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <optional>

namespace assay::agent::workloads {
namespace {

constexpr const char* unevictable_allowed = "/proc/sys/vm/compact_unevictable_allowed";

/// A mapping of a whole file; unmapped with it.
class Mapping {
 public:
  Mapping(const UniqueFd& file, std::size_t size) : size_(size) {
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file.get(), 0);
    if (at == MAP_FAILED) {
      throw_errno("map " + std::to_string(size) + " bytes");
    }
    at_ = static_cast<std::byte*>(at);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  Mapping(Mapping&&) = delete;
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() { ::munmap(at_, size_); }
  [[nodiscard]] std::byte* at() const { return at_; }

 private:
  std::byte* at_ = nullptr;
  std::size_t size_;
};

UniqueFd new_memfd(std::uint64_t size) {
  UniqueFd file(::memfd_create("unmovable", MFD_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    throw_errno("create a memfd");
  }
  return file;
}

/// Free memory with a pinned page every so often: a zone that compaction has much to do in. Without it a pass
/// over a whole zone ends early, because nothing needs to be moved.
class Fragments {
 public:
  explicit Fragments(std::uint64_t distance) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const auto count = std::min<std::uint64_t>(free_memory() / 2 / distance, RingPins::most);
    const auto size = count * distance;
    file_ = new_memfd(size);
    const Mapping map(file_, size);
    std::vector<iovec> pages;
    for (std::uint64_t at = 0; at < size; at += distance) {
      pages.push_back({map.at() + at, page});
    }
    pins_.pin(pages);
    for (std::uint64_t at = 0; at < size; at += distance) {
      punch_hole(file_, at + page, distance - page);
    }
    pinned_ = static_cast<std::int64_t>(count);
  }
  [[nodiscard]] std::int64_t pinned() const { return pinned_; }

 private:
  static std::uint64_t free_memory() {
    struct sysinfo info{};
    ::sysinfo(&info);
    return static_cast<std::uint64_t>(info.freeram) * info.mem_unit;
  }

  UniqueFd file_;
  RingPins pins_;
  std::int64_t pinned_ = 0;
};

/// The folios under test: unmovable ones, or ordinary ones for comparison.
class Folios {
 public:
  Folios(std::string_view kind, std::uint64_t size) : size_(size) {
    if (kind == "guest-memfd") {
      machine_.emplace();
      file_ = machine_->create(size);
    } else if (kind == "memfd") {
      file_ = new_memfd(size);
    }
    if (file_) {
      allocate(file_, size);
    }
  }

  /// A piece in the middle goes and comes back, which only a file that still works does.
  void use_again() const {
    if (file_) {
      punch_hole(file_, size_ / 2, size_ / 4);
      allocate(file_, size_);
    }
  }

 private:
  std::optional<GuestMemory> machine_;
  UniqueFd file_;
  std::uint64_t size_;
};

void compact(Context& context) {
  require_compaction();
  const KernelSetting allowed(unevictable_allowed, context.flag("unevictable") ? "1" : "0");
  std::optional<Fragments> fragments;
  if (const auto distance = context.number("pin_every"); distance != 0) {
    fragments.emplace(static_cast<std::uint64_t>(distance));
  }
  const Folios folios(context.choice("kind"), static_cast<std::uint64_t>(context.number("size")));
  // The first pass after boot moves what the boot left behind.
  compact_all_memory();
  const auto passes = context.number("passes");
  context.begin_measurement();
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    compact_all_memory();
  }
  context.end_measurement();
  folios.use_again();
  context.counter("passes", passes);
  context.counter("pinned", fragments ? fragments->pinned() : 0);
}

std::vector<ParameterSpec> parameters() {
  return {
      {.name = "kind",
       .type = ParameterType::choice,
       .default_value = "guest-memfd",
       .choices = {"guest-memfd", "memfd", "none"},
       .help = "whose folios lie in memory: those of a guest_memfd, which are unmovable; of a memfd, which "
               "are not; or nobody's"},
      {.name = "size",
       .type = ParameterType::size,
       .unit = "bytes",
       .default_value = "64M",
       .min = 1 << 20,
       .max = std::int64_t{1} << 40,
       .help = "how much of them"},
      {.name = "pin_every",
       .type = ParameterType::size,
       .unit = "bytes",
       .default_value = "512K",
       .min = 0,
       .max = 1 << 30,
       .help = "half of the free memory is fragmented first, with a pinned page every so many bytes; 0: not"},
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
      .summary = "Memory is compacted while folios that must not be moved lie in it.",
      .parameters = parameters(),
      .counters = {{.name = "passes", .unit = "passes", .help = "measured passes over all of memory"},
                   {.name = "pinned", .unit = "pages", .help = "pages that were pinned to fragment memory"}},
      .checks = {},
      .run = compact};
}

}  // namespace assay::agent::workloads
