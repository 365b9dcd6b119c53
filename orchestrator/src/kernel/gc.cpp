// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/gc.hpp"

#include "base/files.hpp"
#include "kernel/identity.hpp"
#include "kernel/source.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <map>
#include <optional>
#include <utility>

namespace assay::kernel {
namespace {

constexpr std::size_t short_id = 12;

/// "0123.unfinished" -> "0123".
std::string key_of(const fs::path& entry) {
  const auto name = entry.filename().string();
  return name.substr(0, name.find('.'));
}

bool ends_with(const fs::path& entry, std::string_view end) {
  return entry.filename().string().ends_with(end);
}

/// What provenance.json says a build is.
std::string build_name(const fs::path& build) {
  const auto text = read_file(build / "provenance.json");
  const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!json.is_object()) {
    return {};
  }
  return " " + json.value("variant", "") + " " + json.value("release", "");
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// "ID.trial-PID" whose process lives.
bool is_trial_under_way(const fs::path& entry) {
  const auto name = entry.filename().string();
  const auto at = name.find(".trial-");
  if (at == std::string::npos) {
    return false;
  }
  pid_t pid = 0;
  const auto* first = name.data() + at + std::string_view(".trial-").size();
  const auto [end, error] = std::from_chars(first, name.data() + name.size(), pid);
  return error == std::errc() && pid > 0 && ::kill(pid, 0) == 0;
}

bool is_locked(const CacheLayout& layout, const std::string& lock) {
  std::error_code error;
  if (lock.empty() || !fs::exists(layout.lock(lock), error)) {
    return false;
  }
  const auto held = FileLock::try_acquire(layout.lock(lock));
  return !held || !*held;
}

void add(std::vector<Garbage>& all, const CacheLayout& layout, Garbage one) {
  if (!is_locked(layout, one.lock)) {
    all.push_back(std::move(one));
  }
}

void find_builds(const CacheLayout& layout, const Needed& needed, std::vector<Garbage>& all) {
  for (const auto& entry : entries_of(layout.root() / "builds")) {
    const auto key = key_of(entry);
    if (ends_with(entry, ".unfinished")) {
      add(all, layout, {entry, "unfinished kernel " + key.substr(0, short_id), key});
    } else if (!needed.kernels.contains(key)) {
      add(all, layout, {entry, "kernel " + key.substr(0, short_id) + build_name(entry), key});
    }
  }
}

void find_objects(const CacheLayout& layout, const Needed& needed, std::vector<Garbage>& all) {
  for (const auto& entry : entries_of(layout.root() / "work")) {
    const auto key = key_of(entry);
    const auto name = entry.filename().string();
    const bool is_trial = name.find(".trial") != std::string::npos;
    if (is_trial && !is_trial_under_way(entry)) {
      add(all, layout, {entry, "left by a killed build", ""});
    } else if (!is_trial && name != key) {
      add(all, layout, {entry, "left by a workshop that was killed", name});
    } else if (!is_trial && !needed.objects.contains(key) && !needed.kernels.contains(key)) {
      add(all, layout, {entry, "objects of " + key.substr(0, short_id) + build_name(layout.build(key)), key});
    }
  }
}

/// A build copies out of sources and of a base's objects, whose own locks it does not hold; and what its run
/// built before is needed by nothing that is written down yet.
bool is_any_build_under_way(const CacheLayout& layout) {
  const auto entries = entries_of(layout.root() / "work");
  return std::any_of(entries.begin(), entries.end(), [&](const fs::path& entry) {
    return is_locked(layout, key_of(entry)) || is_locked(layout, entry.filename().string()) ||
           is_trial_under_way(entry);
  });
}

void find_sources(const CacheLayout& layout, const Needed& needed, std::vector<Garbage>& all) {
  for (const auto& entry : entries_of(layout.root() / "sources")) {
    const auto key = key_of(entry);
    if (ends_with(entry, ".unfinished") || !needed.sources.contains(key)) {
      add(all, layout, {entry, "source " + key.substr(0, short_id), "source-" + key});
    }
  }
  for (const auto& entry : entries_of(layout.root() / "git")) {
    if (ends_with(entry, ".git") && !needed.snapshots.contains(entry)) {
      add(all, layout, {entry, "snapshots of a source", ""});
    }
  }
}

void find_debian_images(const CacheLayout& layout, const Needed& needed, std::vector<Garbage>& all) {
  for (const auto& entry : entries_of(layout.root() / "debian")) {
    auto release = entry.filename().string();
    if (ends_with(entry, ".unfinished")) {
      release.resize(release.size() - std::string_view(".unfinished").size());
    }
    if (!needed.modules.contains(entry / "lib/modules" / release)) {
      add(all, layout, {entry, "Debian's " + release, "debian-linux-image-" + release});
    }
  }
}

void find_logs(const CacheLayout& layout, const Needed& needed, std::vector<Garbage>& all) {
  for (const auto& entry : entries_of(layout.root() / "logs")) {
    if (!needed.kernels.contains(key_of(entry))) {
      add(all, layout, {entry, "log of " + key_of(entry).substr(0, short_id), key_of(entry)});
    }
  }
}

/// Files that have several names give space back when the last one goes.
class DiskUse {
 public:
  void add(const fs::path& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
      return;
    }
    auto& file = files_[{status.st_dev, status.st_ino}];
    file.links = S_ISDIR(status.st_mode) ? 1 : status.st_nlink;
    file.bytes = static_cast<std::uint64_t>(status.st_blocks) * stat_block;
    ++file.seen;
  }
  [[nodiscard]] Bytes total() const {
    std::uint64_t bytes = 0;
    for (const auto& [id, file] : files_) {
      bytes += file.seen >= file.links ? file.bytes : 0;
    }
    return Bytes(bytes);
  }

 private:
  static constexpr std::uint64_t stat_block = 512;  // what st_blocks counts in
  struct File {
    std::uint64_t links = 0;
    std::uint64_t seen = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::pair<dev_t, ino_t>, File> files_;
};

}  // namespace

Task<Status> add_needs(Variant variant, BuilderOptions options, Needed& needed) {
  auto inputs = co_await gather_inputs(variant, options);
  if (!inputs) {
    co_return inputs.error();
  }
  needed.kernels.insert(identity_of(*inputs));
  if (inputs->source.kind == SourceKind::prebuilt) {
    needed.modules.insert(inputs->source.files.modules);
    co_return Status();
  }
  needed.sources.insert(source_key(inputs->source));
  needed.snapshots.insert(inputs->source.path);
  auto root = root_of(variant);
  auto root_inputs = co_await gather_inputs(std::move(root), std::move(options));
  if (!root_inputs) {
    co_return root_inputs.error();
  }
  needed.kernels.insert(identity_of(*root_inputs));
  needed.objects.insert(identity_of(*root_inputs));
  co_return Status();
}

std::vector<Garbage> find_garbage(const CacheLayout& layout, const Needed& needed) {
  std::vector<Garbage> all;
  if (!is_any_build_under_way(layout)) {
    find_builds(layout, needed, all);
    find_objects(layout, needed, all);
    find_sources(layout, needed, all);
  }
  find_debian_images(layout, needed, all);
  find_logs(layout, needed, all);
  return all;
}

Bytes freed_by(const std::vector<Garbage>& garbage) {
  DiskUse use;
  for (const auto& one : garbage) {
    use.add(one.path);
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(one.path, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      use.add(entry->path());
    }
  }
  return use.total();
}

Status remove_garbage(const CacheLayout& layout, const Garbage& garbage) {
  std::optional<FileLock> lock;
  if (!garbage.lock.empty()) {
    auto held = FileLock::try_acquire(layout.lock(garbage.lock));
    if (!held) {
      return held.error();
    }
    if (!*held) {
      return {};
    }
    lock = std::move(*held);
  }
  std::error_code error;
  fs::remove_all(garbage.path, error);
  return error ? fail(Failure::infrastructure, "cannot remove {}: {}", garbage.path.string(), error.message())
               : Status();
}

}  // namespace assay::kernel
