// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/merge.hpp"

#include "store/database.hpp"
#include "store/merge_rows.hpp"
#include "store/runs.hpp"
#include "store/same_run.hpp"
#include "store/texts.hpp"
#include "store/trial_reader.hpp"
#include "store/verdicts.hpp"

#include <algorithm>
#include <utility>

namespace assay::store {
namespace {

namespace fs = std::filesystem;

Result<MergedRun::Fate> fate_of(Database& here, const RunInfo* ours, Database& there, const RunInfo& theirs) {
  using Fate = MergedRun::Fate;
  if (theirs.state == "running" || (ours != nullptr && ours->state == "running")) {
    return Fate::running;
  }
  if (ours == nullptr) {
    return Fate::added;
  }
  const auto copies = compare_copies(here, *ours, there, theirs);
  if (!copies) {
    return copies.error();
  }
  const bool has_more =
      *copies == Copies::more_there || (*copies == Copies::alike && theirs.done > ours->done);
  return has_more ? Fate::replaced : Fate::known;
}

Result<std::vector<RunInfo>> runs_in(Database& database) {
  return database.guarded("list its runs",
                          [&]() -> Result<std::vector<RunInfo>> { return read_runs(database); });
}

Result<std::vector<MergedRun>> compared(Database& here, Database& there) {
  const auto theirs = runs_in(there);
  const auto ours = theirs ? runs_in(here) : theirs;
  if (!ours) {
    return ours.error();
  }
  std::vector<MergedRun> runs;
  for (const auto& run : *theirs) {
    const auto same = std::ranges::find(*ours, run.id, &RunInfo::id);
    const auto fate = fate_of(here, same != ours->end() ? &*same : nullptr, there, run);
    if (!fate) {
      return fate.error();
    }
    runs.push_back({run.id, *fate, run.done});
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
  (void)read_texts(there, run);
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
  return here.guarded("copy run " + run.id, [&] {
    if (run.fate == MergedRun::Fate::replaced) {
      Query(here, "DELETE FROM run WHERE name = ?").with(run.id).run();
    }
    return copy_rows(here, there, *row);
  });
}

/// Called within a transaction of `here`, and again when `there` was written meanwhile.
Result<std::vector<MergedRun>> copy_runs(Database& here, Database& there) {
  auto runs = compared(here, there);
  if (!runs) {
    return runs;
  }
  for (const auto& run : *runs) {
    if (auto copied = is_wanted(run) ? copy_run(here, there, run) : Status(); !copied) {
      return copied.error();
    }
  }
  drop_unused_texts(here);  // of what was replaced
  return runs;
}

Result<Database> open_other(const fs::path& from) {
  std::error_code error;
  return fs::exists(from, error) ? Database::open_to_read(from, Process::only_reads)
                                 : fail(Failure::usage, "there is no such file");
}

}  // namespace

Result<std::vector<MergedRun>> compare_results(const fs::path& into, const fs::path& from) {
  const auto action = "import " + from.string();
  auto there = open_other(from);
  if (!there) {
    return there.error().within(action);
  }
  std::error_code error;
  auto here = fs::exists(into, error) ? Database::open_to_read(into, Process::only_reads)
                                      : Result<Database>(Database::empty());
  if (!here) {
    return here.error();
  }
  return here->read(action, [&] { return there->read("read it", [&] { return compared(*here, *there); }); });
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
