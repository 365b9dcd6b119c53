// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/merge.hpp"

#include "store/database.hpp"
#include "store/merge_rows.hpp"
#include "store/runs.hpp"
#include "store/trial_reader.hpp"
#include "store/verdicts.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace assay::store {
namespace {

namespace fs = std::filesystem;

std::vector<MergedRun> compared(const std::vector<RunInfo>& here, const std::vector<RunInfo>& there) {
  std::map<std::string, const RunInfo*> known;
  for (const auto& run : here) {
    known.emplace(run.id, &run);
  }
  std::vector<MergedRun> runs;
  for (const auto& run : there) {
    using Fate = MergedRun::Fate;
    const auto same = known.find(run.id);
    const bool is_here = same != known.end();
    const bool running = run.state == "running" || (is_here && same->second->state == "running");
    const auto fate = running                         ? Fate::running
                      : !is_here                      ? Fate::added
                      : run.done > same->second->done ? Fate::replaced
                                                      : Fate::known;
    runs.push_back({run.id, fate, run.done});
  }
  std::ranges::sort(runs, {}, &MergedRun::id);
  return runs;
}

bool is_wanted(const MergedRun& run) {
  return run.fate == MergedRun::Fate::added || run.fate == MergedRun::Fate::replaced;
}

/// Reads all of a run as those who show it do: what they would stumble over is not let in.
Status check_run(Database& there, std::int64_t run) {
  if (const auto verdicts = read_verdicts(there, run); !verdicts) {
    return verdicts.error();
  }
  if (const auto trials = read_trials(there, run); !trials) {
    return trials.error();
  }
  Query query(there, "SELECT id FROM trial WHERE run = ?");
  for (query.with(run); query.next();) {
    const auto trial = query.number(0);
    (void)read_events(there, trial);
    if (const auto samples = read_samples(there, trial, {}); !samples) {
      return samples.error();
    }
  }
  return {};
}

Status copy_run(Database& here, Database& there, const MergedRun& run) {
  const auto row = row_of_run(there, run.id);
  if (!row) {
    return row.error();
  }
  if (auto sound = there.guarded("take run " + run.id, [&] { return check_run(there, *row); }); !sound) {
    return sound;
  }
  return here.guarded("copy run " + run.id, [&]() -> Status {
    if (run.fate == MergedRun::Fate::replaced) {
      Query(here, "DELETE FROM run WHERE name = ?").with(run.id).run();
    }
    copy_rows(here, there, *row);
    return {};
  });
}

/// Called within a transaction of `here`, and again when `there` was written meanwhile.
Result<std::vector<MergedRun>> copy_runs(Database& here, Database& there) {
  auto runs = compared(read_runs(here), read_runs(there));
  for (const auto& run : runs) {
    if (auto copied = is_wanted(run) ? copy_run(here, there, run) : Status(); !copied) {
      return copied.error();
    }
  }
  return runs;
}

Result<std::vector<RunInfo>> runs_in(Database& database) {
  return database.read("list its runs",
                       [&]() -> Result<std::vector<RunInfo>> { return read_runs(database); });
}

Result<Database> open_other(const fs::path& from) {
  std::error_code error;
  return fs::exists(from, error) ? Database::open_to_read(from, Process::only_reads)
                                 : fail(Failure::usage, "there is no such file");
}

}  // namespace

Result<std::vector<MergedRun>> compare_results(const fs::path& into, const fs::path& from) {
  auto there = open_other(from);
  const auto theirs = there ? runs_in(*there) : Result<std::vector<RunInfo>>(there.error());
  if (!theirs) {
    return theirs.error().within("import " + from.string());
  }
  std::error_code error;
  auto here = fs::exists(into, error) ? Database::open_to_read(into, Process::only_reads)
                                      : Result<Database>(Database::empty());
  const auto ours = here ? runs_in(*here) : Result<std::vector<RunInfo>>(here.error());
  return ours ? Result<std::vector<MergedRun>>(compared(*ours, *theirs)) : ours.error();
}

Result<std::vector<MergedRun>> merge_results(const fs::path& into, const fs::path& from) {
  const auto action = "import " + from.string();
  auto there = open_other(from);
  if (!there) {
    return there.error().within(action);
  }
  auto here = Database::open(into);
  if (!here) {
    return here.error();
  }
  std::vector<MergedRun> merged;
  auto written = here->write(action, [&]() -> Status {
    here->sql().exec("SAVEPOINT before");
    auto runs = there->read("read it", [&] {
      here->sql().exec("ROLLBACK TO before");
      return copy_runs(*here, *there);
    });
    if (!runs) {
      return runs.error();
    }
    merged = std::move(*runs);
    return {};
  });
  return written ? Result<std::vector<MergedRun>>(std::move(merged)) : written.error();
}

}  // namespace assay::store
