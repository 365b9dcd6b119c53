// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/compaction.hpp"

#include "mm/kernel_files.hpp"
#include "mm/mapping.hpp"

#include <sched.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace assay::agent {
namespace {

constexpr const char* compact_memory = "/proc/sys/vm/compact_memory";
constexpr const char* proactiveness = "/proc/sys/vm/compaction_proactiveness";
constexpr std::string_view scanned_by_daemon = "compact_daemon_migrate_scanned";
constexpr std::chrono::seconds longest_pass{60};
constexpr std::string_view vmstat_prefix = "vmstat.";
constexpr std::array<std::string_view, 5> of_a_pass{"vmstat.compact_migrate_scanned",
                                                    "vmstat.compact_free_scanned", "vmstat.compact_isolated",
                                                    "vmstat.pgmigrate_success", "vmstat.pgmigrate_fail"};

std::uint64_t free_memory() {
  struct sysinfo info{};
  ::sysinfo(&info);
  return static_cast<std::uint64_t>(info.freeram) * info.mem_unit;
}

/// Anonymous memory of small pages, all of them there.
Mapping populated(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("map " + std::to_string(size) + " bytes");
  }
  Mapping map(at, size);
  ::madvise(at, size, MADV_NOHUGEPAGE);  // a kernel without huge pages does not know it
  if (::madvise(at, size, MADV_POPULATE_WRITE) != 0) {
    throw_errno("populate " + std::to_string(size) + " bytes");
  }
  return map;
}

}  // namespace

void require_compaction() {
  require_guest("compacts the memory of the whole machine");
  if (::access(compact_memory, W_OK) != 0) {
    throw WorkloadSkip("this kernel has no /proc/sys/vm/compact_memory: it lacks CONFIG_COMPACTION");
  }
}

void compact_all_memory() { write_kernel_file(compact_memory, "1"); }

Kcompactd::Kcompactd() {
  if (::access(proactiveness, W_OK) == 0) {
    unasked_.emplace(proactiveness, "0");
  }
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "comm");
    if (std::string name; std::getline(file, name) && name.starts_with("kcompactd")) {
      states_.push_back(entry.path() / "stat");
    }
  }
}

void Kcompactd::pass() const {
  if (!unasked_) {
    throw WorkloadSkip(std::string("this kernel has no ") + proactiveness + ": it is older than 5.9");
  }
  const auto before = vmstat_number(scanned_by_daemon);
  // The write wakes the threads; while kswapd works they sleep again, and look once more after half a second.
  write_kernel_file(proactiveness, "100");
  const auto end = std::chrono::steady_clock::now() + longest_pass;
  while (vmstat_number(scanned_by_daemon) == before || !is_asleep()) {  // they tell nobody when they are done
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("kcompactd made no pass within a minute");
    }
    ::sched_yield();
  }
  write_kernel_file(proactiveness, "0");
}

bool Kcompactd::is_asleep() const {
  return std::ranges::all_of(states_, [](const std::string& path) {
    const std::string stat = read_kernel_file(path.c_str());  // "38 (kcompactd0) S ..."
    return stat.substr(stat.rfind(')')).starts_with(") S");
  });
}

PassCounters::PassCounters() : vmstat_(ProcFile::open(ProcKind::vmstat, "/proc/vmstat")) {
  if (vmstat_) {
    before_.resize(vmstat_->fields().size());
    now_.resize(before_.size());
    (void)vmstat_->read(before_);
  }
}

std::string PassCounters::since_last() {
  std::string text;
  if (!vmstat_ || !vmstat_->read(now_)) {
    return text;
  }
  const auto fields = vmstat_->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (std::ranges::find(of_a_pass, fields[i].name) != of_a_pass.end()) {
      text += (text.empty() ? "" : " ") + fields[i].name.substr(vmstat_prefix.size()) + '=' +
              std::to_string(now_[i] - before_[i]);
    }
  }
  before_.swap(now_);
  return text;
}

ParameterSpec Fragments::parameter() {
  return {
      .name = "pin_every",
      .type = ParameterType::size,
      .unit = "bytes",
      .default_value = "512K",
      .min = 0,
      .max = 1 << 30,
      .help = "most of the free memory is fragmented first, with a pinned page every so many bytes; 0: not"};
}

Fragments::Fragments(const Context& context) {
  if (const auto distance = context.number("pin_every"); distance > 0) {
    pin_every(static_cast<std::size_t>(distance));
  }
}

void Fragments::pin_every(std::size_t distance) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (distance % page != 0 || distance < 2 * page) {
    throw Refusal("parameter pin_every takes whole pages, and at least two: a page has " +
                  std::to_string(page) + " bytes");
  }
  pinned_ = std::min<std::size_t>(free_memory() / 8 * 7 / distance, RingPins::most);
  const Mapping map = populated(pinned_ * distance);
  std::vector<iovec> pages;
  for (std::size_t at = 0; at < map.size(); at += distance) {
    pages.push_back({.iov_base = map.data() + at, .iov_len = page});
  }
  pins_.emplace().pin(pages);  // they stay when the mapping goes
}

}  // namespace assay::agent
