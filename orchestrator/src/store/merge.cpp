// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/merge.hpp"

#include "store/database.hpp"
#include "store/runs.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>

namespace assay::store {
namespace {

namespace fs = std::filesystem;

/// A copy of a database, so that the other one is neither migrated nor locked. Removed at the end.
class Copy {
 public:
  Copy(const fs::path& from, fs::path to) : path_(std::move(to)) {
    remove();
    SQLite::Database source(from.string(), SQLite::OPEN_READONLY, busy_ms);
    SQLite::Database target(path_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(target, source).executeStep(-1);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  Copy(Copy&&) = delete;
  Copy& operator=(Copy&&) = delete;
  ~Copy() { remove(); }

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  static constexpr int busy_ms = 5000;

  void remove() const {
    std::error_code error;
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
      fs::remove(path_.string() + suffix, error);
    }
  }

  fs::path path_;
};

Result<std::unique_ptr<Copy>> copy_of(const fs::path& from, fs::path to) {
  try {
    return std::make_unique<Copy>(from, std::move(to));
  } catch (const SQLite::Exception& exception) {
    return fail(Failure::usage, "it cannot be read as a results database: {}", exception.what());
  }
}

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

/// How the rows of each table belong to a run, and what of them is a number of this database alone: those are
/// shifted by the largest that is here. Columns are the same on both sides: both have the last schema.
struct Part {
  const char* table;
  const char* columns;  ///< as SELECT wants them; {run}, {trial}, ... stand for the shifts
  const char* rows;     ///< FROM and WHERE; ?1 is the run's id there
};

constexpr const char* of_trial = "JOIN there.trial AS t ON t.id = r.trial WHERE t.run = ?1 ORDER BY r.rowid";
constexpr const char* of_trial_by_position =
    "JOIN there.trial AS t ON t.id = r.trial WHERE t.run = ?1 ORDER BY r.trial";

constexpr std::array parts{
    Part{"run",
         "r.id + {run}, name, experiment, title, experiment_toml, settings, host, started, finished, state, "
         "planned, "
         "writer_pid, writer_start, writer_boot",
         "WHERE r.id = ?1"},
    Part{"kernel", "run + {run}, position, variant, kernel_id, release, provenance",
         "WHERE run = ?1 ORDER BY position"},
    Part{"trial",
         "r.id + {trial}, run + {run}, variant, machine, workload, repeat, seed, ended, outcome, reason, "
         "measured_ns, "
         "wall_ns, attempts, dropped_frames, dropped_samples, kernel_id, folder",
         "WHERE run = ?1 ORDER BY id"},
    Part{"counter", "r.trial + {trial}, position, name, value", of_trial_by_position},
    Part{"check_result", "r.trial + {trial}, position, name, ok, detail", of_trial},
    Part{"finding", "r.trial + {trial}, position, title, fingerprint, text", of_trial},
    Part{"probe", "r.trial + {trial}, position, report", of_trial_by_position},
    Part{"metric", "r.trial + {trial}, metric, name, unit", of_trial_by_position},
    Part{"sample_block", "r.id + {sample_block}, r.trial + {trial}, samples, data", of_trial},
    Part{"event", "r.id + {event}, r.trial + {trial}, time_ns, name, detail, value", of_trial},
    Part{"verdict",
         "r.id + {verdict}, run + {run}, claim, says, figure, rule, verdict, reason, more_trials, coverage",
         "WHERE run = ?1 ORDER BY id"},
    Part{"test",
         "r.verdict + {verdict}, method, confidence, effect, effect_low, effect_high, p, p_adjusted, claims, "
         "look, "
         "looks",
         "JOIN there.verdict AS v ON v.id = r.verdict WHERE v.run = ?1"},
    Part{"side",
         "r.id + {side}, r.verdict + {verdict}, variant, expected, findings, unmet, unusable, estimate, "
         "estimate_low, "
         "estimate_high",
         "JOIN there.verdict AS v ON v.id = r.verdict WHERE v.run = ?1 ORDER BY r.id"},
    Part{
        "side_value", "side + {side}, position, value, machine, repeat",
        "JOIN there.side AS s ON s.id = r.side JOIN there.verdict AS v ON v.id = s.verdict WHERE v.run = ?1"},
    Part{
        "side_unusable", "side + {side}, position, why",
        "JOIN there.side AS s ON s.id = r.side JOIN there.verdict AS v ON v.id = s.verdict WHERE v.run = ?1"},
};

using Shifts = std::map<std::string, std::int64_t>;

Shifts shifts_of(Database& database) {
  Shifts shifts;
  for (const auto* table : {"run", "trial", "sample_block", "event", "verdict", "side"}) {
    const auto sql = fmt::format("SELECT coalesce(max(id), 0) FROM main.{}", table);
    shifts[table] = database.sql().execAndGet(sql).getInt64();
  }
  return shifts;
}

std::string shifted(std::string columns, const Shifts& shifts) {
  for (const auto& [table, shift] : shifts) {
    const auto name = "{" + table + "}";
    for (auto at = columns.find(name); at != std::string::npos; at = columns.find(name)) {
      columns.replace(at, name.size(), std::to_string(shift));
    }
  }
  return columns;
}

Status copy_run(Database& database, const MergedRun& run) {
  if (run.fate == MergedRun::Fate::replaced) {
    Query(database, "DELETE FROM main.run WHERE name = ?").with(run.id).run();
  }
  Query find(database, "SELECT id FROM there.run WHERE name = ?");
  if (!find.with(run.id).next()) {
    return fail(Failure::infrastructure, "run {} is gone from the copy", run.id);
  }
  const auto row = find.number(0);
  const auto shifts = shifts_of(database);
  for (const auto& part : parts) {
    const auto sql = fmt::format("INSERT INTO main.{0} SELECT {1} FROM there.{0} AS r {2}", part.table,
                                 shifted(part.columns, shifts), part.rows);
    Query(database, sql.c_str()).with(row).run();
  }
  return {};
}

/// The runs of the copy, after it was brought to this program's schema.
Result<std::vector<RunInfo>> runs_in(const fs::path& path) {
  auto database = Database::open(path);
  if (!database) {
    return database.error();
  }
  return database->guarded("list the runs",
                           [&]() -> Result<std::vector<RunInfo>> { return read_runs(*database); });
}

}  // namespace

Result<std::vector<MergedRun>> merge_results(const fs::path& into, const fs::path& from, bool dry) {
  using Merged = Result<std::vector<MergedRun>>;
  const auto action = fmt::format("import {}", from.string());
  std::error_code error;
  if (!fs::exists(from, error)) {
    return fail(Failure::usage, "there is no such file").within(action);
  }
  auto database = Database::open(into);
  if (!database) {
    return database.error();
  }
  return database->guarded(action, [&]() -> Merged {
    const auto copy = copy_of(from, fmt::format("{}.import-{}", into.string(), ::getpid()));
    if (!copy) {
      return copy.error();
    }
    const auto there = runs_in((*copy)->path());
    if (!there) {
      // Its words are about the copy, which nobody has asked for.
      return fail(there.error().kind(), "it is no results database, or a newer Assay wrote it");
    }
    Query(*database, "ATTACH DATABASE ? AS there").with((*copy)->path().string()).run();
    std::vector<MergedRun> runs;
    auto written = database->write("merge the runs", [&]() -> Status {
      runs = compared(read_runs(*database), *there);
      for (const auto& run : runs) {
        const bool wanted = run.fate == MergedRun::Fate::added || run.fate == MergedRun::Fate::replaced;
        if (auto copied = wanted && !dry ? copy_run(*database, run) : Status(); !copied) {
          return copied;
        }
      }
      return {};
    });
    Query(*database, "DETACH DATABASE there").run();
    return written ? Merged(std::move(runs)) : Merged(written.error());
  });
}

}  // namespace assay::store
