// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/capacity.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace assay::trial {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr != text.data() ? std::optional(value) : std::nullopt;
}

/// The number in a small file; nothing when it is "max", negative, or not there.
std::optional<std::uint64_t> number_in(const fs::path& file) {
  const auto text = read_file(file);
  return text ? number(*text) : std::nullopt;
}

/// The number behind `key` in a file of "key number" or "key: number kB" lines.
std::optional<std::uint64_t> entry_in(const fs::path& file, std::string_view key) {
  const auto text = read_file(file);
  if (!text) {
    return std::nullopt;
  }
  for (const auto line : split(*text, '\n')) {
    if (line.starts_with(key) && line.size() > key.size() &&
        (line[key.size()] == ' ' || line[key.size()] == ':')) {
      const auto digit = line.find_first_of("0123456789", key.size());
      return digit == std::string_view::npos ? std::nullopt : number(line.substr(digit));
    }
  }
  return std::nullopt;
}

/// Takes the smallest of what is offered, and remembers where it comes from.
class Smallest {
 public:
  explicit Smallest(std::uint64_t value) : value_(value) {}

  void offer(std::optional<std::uint64_t> value, std::string_view from) {
    if (value && *value < value_) {
      value_ = *value;
      from_ = from;
    }
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] const std::string& from() const { return from_; }

 private:
  std::uint64_t value_;
  std::string from_;
};

/// The folders of this process's cgroup of one controller, from its own up to the root's; of version 2 for
/// "".
std::vector<fs::path> cgroup_folders(const fs::path& root, std::string_view controller) {
  const auto text = read_file(root / "proc/self/cgroup");
  std::vector<fs::path> folders;
  for (const auto line : split(text ? std::string_view(*text) : std::string_view(), '\n')) {
    const auto parts = split(line, ':');  // "4:memory:/some/where"
    if (parts.size() < 3) {
      continue;
    }
    const auto names = split(parts[1], ',');
    if (std::ranges::find(names, controller) == names.end()) {
      continue;
    }
    const auto top = root / "sys/fs/cgroup" / controller;
    const auto place = line.substr(line.find(':', line.find(':') + 1) + 1);
    for (auto path = fs::path(place).relative_path();; path = path.parent_path()) {
      folders.push_back(top / path);
      if (path.empty()) {
        break;
      }
    }
  }
  return folders;
}

/// What a limit leaves, when `used` of it is in use; page cache that can go does not count.
std::optional<std::uint64_t> left_of(std::optional<std::uint64_t> limit, std::optional<std::uint64_t> used,
                                     std::optional<std::uint64_t> cache) {
  if (!limit || !used) {
    return std::nullopt;
  }
  const auto kept = *used - std::min(*used, cache.value_or(0));
  return *limit - std::min(*limit, kept);
}

void offer_memory(const fs::path& root, Smallest& bytes) {
  for (const auto& folder : cgroup_folders(root, "")) {
    bytes.offer(left_of(number_in(folder / "memory.max"), number_in(folder / "memory.current"),
                        entry_in(folder / "memory.stat", "inactive_file")),
                "memory.max of its cgroup");
  }
  for (const auto& folder : cgroup_folders(root, "memory")) {
    bytes.offer(
        left_of(number_in(folder / "memory.limit_in_bytes"), number_in(folder / "memory.usage_in_bytes"),
                entry_in(folder / "memory.stat", "total_inactive_file")),
        "memory.limit_in_bytes of its cgroup");
  }
}

/// Whole CPUs, at least one.
std::optional<std::uint64_t> cpus_of(std::optional<std::uint64_t> quota,
                                     std::optional<std::uint64_t> period) {
  return quota && period && *period > 0 ? std::optional(std::max<std::uint64_t>(1, *quota / *period))
                                        : std::nullopt;
}

void offer_cpus(const fs::path& root, Smallest& cpus) {
  for (const auto& folder : cgroup_folders(root, "")) {
    const auto text = read_file(folder / "cpu.max");  // "150000 100000", or "max 100000"
    const auto words = split(text ? std::string_view(*text) : std::string_view(), ' ');
    if (words.size() == 2) {
      cpus.offer(cpus_of(number(words[0]), number(words[1])), "cpu.max of its cgroup");
    }
  }
  for (const auto& folder : cgroup_folders(root, "cpu")) {
    cpus.offer(cpus_of(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us")),
               "cpu.cfs_quota_us of its cgroup");
  }
}

std::optional<std::uint64_t> affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0
             ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(CPU_COUNT(&set)))
             : std::nullopt;
}

}  // namespace

Capacity host_capacity(const HostFiles& files) {
  const auto variable = [&](const char* name) -> std::optional<std::uint64_t> {
    const char* text = files.variable ? files.variable(name) : std::getenv(name);
    const auto value = text == nullptr ? std::nullopt : number(text);
    return value && *value > 0 ? value : std::nullopt;
  };
  Smallest cpus(std::max(1U, std::thread::hardware_concurrency()));
  cpus.offer(affinity(), "its CPU affinity");
  offer_cpus(files.root, cpus);
  cpus.offer(variable("SLURM_CPUS_ON_NODE"), "SLURM_CPUS_ON_NODE");

  Smallest bytes(entry_in(files.root / "proc/meminfo", "MemAvailable").value_or(0) * 1024);
  offer_memory(files.root, bytes);
  if (const auto mebibytes = variable("SLURM_MEM_PER_NODE")) {
    bytes.offer(*mebibytes << 20U, "SLURM_MEM_PER_NODE");
  }
  Capacity capacity{static_cast<unsigned>(cpus.value()), Bytes(bytes.value() / 4 * 3)};
  for (const auto* limit : {&cpus, &bytes}) {
    if (!limit->from().empty()) {
      capacity.limited_by += (capacity.limited_by.empty() ? "" : ", ") + limit->from();
    }
  }
  return capacity;
}

}  // namespace assay::trial
