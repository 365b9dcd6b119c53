// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/import.hpp"

#include "base/files.hpp"
#include "run/import_files.hpp"
#include "run/session.hpp"

#include <utility>

namespace assay::run {
namespace {

using Fate = store::MergedRun::Fate;

/// The runs whose files come along: consoles, machines.
std::vector<std::string> wanted_runs(const std::vector<store::MergedRun>& runs) {
  std::vector<std::string> ids;
  for (const auto& run : runs) {
    if (run.fate == Fate::added || run.fate == Fate::replaced) {
      ids.push_back(run.id);
    }
  }
  return ids;
}

/// Before anything is written: what cannot be copied, or not all of it, is not begun with.
Status check_files(const fs::path& from, const fs::path& to, const std::vector<std::string>& runs) {
  Bytes total(0);
  for (const auto& run : runs) {
    const auto size = size_of_files(from, run);
    if (!size) {
      return size.error().within("import run " + run);
    }
    total = total + *size;
  }
  const auto space = free_space(to);
  if (space && total > *space) {
    return fail(Failure::infrastructure, "cannot import {}: files of its runs take {}, and {} has {} free",
                from.string(), human(total), to.string(), human(*space));
  }
  return {};
}

}  // namespace

Result<std::vector<store::MergedRun>> import_runs(const Places& places, const fs::path& from, bool dry,
                                                  const std::function<void(std::string_view)>& say) {
  std::error_code error;
  const auto database = fs::absolute(fs::is_directory(from, error) ? from / "assay.sqlite" : from);
  if (fs::equivalent(database, places.database(), error)) {
    return fail(Failure::usage, "cannot import {}: these are the results themselves", from.string());
  }
  const auto folder = database.parent_path();
  auto runs = store::compare_results(places.database(), database);
  if (!runs) {
    return runs.error();
  }
  if (auto sound = check_files(folder, places.results, wanted_runs(*runs)); !sound) {
    return sound.error();
  }
  if (dry) {
    return runs;
  }
  if (auto made = make_results(places, say); !made) {
    return made.error();
  }
  runs = store::merge_results(places.database(), database);
  for (const auto& run : runs ? wanted_runs(*runs) : std::vector<std::string>()) {
    if (auto copied = copy_files(folder, places.results, run); !copied) {
      return copied.error();
    }
  }
  return runs;
}

}  // namespace assay::run
