// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/prune.hpp"

#include "base/beneath.hpp"
#include "base/files.hpp"
#include "store/remove.hpp"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <map>
#include <utility>

namespace assay::run {
namespace {

constexpr unsigned usually_kept = 10;

/// "2026-10-21T...": runs that began before it are older than so many days.
std::string days_ago(unsigned days) {
  const std::time_t then = std::time(nullptr) - std::time_t{days} * 24 * 60 * 60;
  std::tm utc{};
  ::gmtime_r(&then, &utc);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  return text;
}

Result<std::vector<store::RunInfo>> named_runs(store::Store& results, const std::vector<std::string>& names) {
  std::vector<store::RunInfo> runs;
  for (const auto& name : names) {
    auto run = results.find_run(name);
    if (!run) {
      return run.error();
    }
    if (run->state == "running") {
      return fail(Failure::usage, "cannot remove run {}: it is still running", run->id);
    }
    const bool twice = std::ranges::any_of(runs, [&](const auto& one) { return one.id == run->id; });
    if (!twice) {
      runs.push_back(std::move(*run));
    }
  }
  return runs;
}

/// All but the newest of each experiment; with --older-than only those that are, however many that leaves.
Result<std::vector<store::RunInfo>> old_runs(store::Store& results, const PruneWish& wish) {
  auto runs = results.runs();
  if (!runs) {
    return runs.error();
  }
  const auto keep = wish.keep.value_or(wish.older_than ? 0 : usually_kept);
  const auto limit = wish.older_than ? days_ago(*wish.older_than) : std::string();
  std::map<std::string, unsigned> seen;
  std::erase_if(*runs, [&](const store::RunInfo& run) {
    const bool is_kept = ++seen[run.experiment] <= keep;
    return is_kept || run.state == "running" || (!limit.empty() && run.started >= limit);
  });
  return runs;
}

Bytes size_of_folder(const fs::path& folder) {
  std::uint64_t total = 0;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); at != fs::recursive_directory_iterator();
       at.increment(error)) {
    const auto size = at->is_regular_file(error) ? at->file_size(error) : 0;
    total += error ? 0 : size;
  }
  return Bytes(total);
}

Result<std::vector<PrunableRun>> measured(const Places& places, std::vector<store::RunInfo> runs) {
  const auto sizes = store::sizes_of_runs(places.database());
  if (!sizes) {
    return sizes.error();
  }
  std::vector<PrunableRun> all;
  for (auto& run : runs) {
    const auto in_database = sizes->find(run.id);
    const auto size = size_of_folder(places.runs() / run.id) +
                      (in_database == sizes->end() ? Bytes(0) : in_database->second);
    all.push_back({std::move(run), size});
  }
  return all;
}

}  // namespace

Result<std::vector<PrunableRun>> prunable_runs(const Places& places, std::unique_ptr<store::Store> results,
                                               const PruneWish& wish) {
  auto runs = wish.runs.empty() ? old_runs(*results, wish) : named_runs(*results, wish.runs);
  results.reset();
  if (!runs) {
    return runs.error();
  }
  if (runs->empty()) {
    return std::vector<PrunableRun>();  // without a database, too
  }
  return measured(places, std::move(*runs));
}

Status remove_runs(const Places& places, const std::vector<PrunableRun>& all) {
  std::vector<std::string> ids;
  for (const auto& [run, size] : all) {
    ids.push_back(run.id);
  }
  std::error_code missing;
  const bool has_folders = fs::exists(fs::symlink_status(places.runs(), missing));
  if (const auto runs = open_beneath(places.results, has_folders ? "runs" : "", Missing::is_an_error);
      !runs) {
    return runs.error();  // before a link leads to folders that are no runs'
  }
  if (auto removed = store::remove_runs(places.database(), ids); !removed) {
    return removed;
  }
  for (const auto& id : ids) {
    std::error_code error;
    fs::remove_all(places.runs() / id, error);
    if (error) {
      return fail(Failure::infrastructure, "cannot remove {}: {}", (places.runs() / id).string(),
                  error.message());
    }
  }
  return {};
}

}  // namespace assay::run
