// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/same_run.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace assay::store {
namespace {

/// What a trial left, but for numbers of rows, which each database gives for itself.
constexpr std::array records{
    "SELECT seed, outcome, reason, measured_ns, wall_ns, attempts, dropped_frames, dropped_samples, "
    "kernel_id, "
    "folder FROM trial WHERE id = ?",
    "SELECT position, name, value FROM counter WHERE trial = ? ORDER BY position",
    "SELECT position, name, ok, detail FROM check_result WHERE trial = ? ORDER BY position",
    "SELECT position, title, fingerprint, text FROM finding WHERE trial = ? ORDER BY position",
    "SELECT position, report FROM probe WHERE trial = ? ORDER BY position",
    "SELECT metric, name, unit FROM metric WHERE trial = ? ORDER BY metric",
    "SELECT samples, data FROM sample_block WHERE trial = ? ORDER BY id",
    "SELECT time_ns, name, detail, value FROM event WHERE trial = ? ORDER BY id",
};

void add_row(Hasher& hasher, SQLite::Statement& row) {
  for (int column = 0; column < row.getColumnCount(); ++column) {
    const auto value = row.getColumn(column);
    const auto* bytes = static_cast<const char*>(value.getBlob());  // of a number: its text
    hasher.add(row.getColumnName(column), {bytes, static_cast<std::size_t>(value.getBytes())});
  }
}

std::string digest_of(Database& database, std::int64_t trial) {
  Hasher hasher;
  for (const auto* record : records) {
    SQLite::Statement rows(database.sql(), record);
    for (rows.bind(1, trial); rows.executeStep();) {
      add_row(hasher, rows);
    }
  }
  return hasher.finish();
}

/// Digests of the trials that ended, by what they are called.
using Trials = std::map<std::string, std::string>;

Result<Trials> trials_of(Database& database, const std::string& run) {
  return database.guarded("read trials of run " + run, [&]() -> Result<Trials> {
    const auto row = row_of_run(database, run);
    if (!row) {
      return row.error();
    }
    Trials trials;
    Query query(database,
                "SELECT id, variant, machine, workload, repeat FROM trial "
                "WHERE run = ? AND ended = 1 AND outcome <> 'lost'");
    for (query.with(*row); query.next();) {
      const auto name =
          fmt::format("{}/{}/{} #{}", query.text(1), query.text(2), query.text(3), query.number(4));
      trials.emplace(printable(name), digest_of(database, query.number(0)));
    }
    return trials;
  });
}

/// Of whom only "of" has a trial.
std::size_t count_missing(const Trials& of, const Trials& in) {
  return static_cast<std::size_t>(
      std::ranges::count_if(of, [&](const auto& trial) { return !in.contains(trial.first); }));
}

Error differs(const std::string& run, std::string_view how) {
  return fail(
      Failure::usage,
      "run {} is here with other content: {}; take it into a folder of its own, with --results FOLDER", run,
      how);
}

}  // namespace

Result<Copies> compare_copies(Database& here, const RunInfo& ours, Database& there, const RunInfo& theirs) {
  const auto& run = ours.id;
  if (ours.experiment != theirs.experiment || ours.experiment_toml != theirs.experiment_toml) {
    return differs(run, "its experiment is another");
  }
  if (ours.started != theirs.started || ours.host != theirs.host) {
    return differs(run, "it began at another time, or on another machine");
  }
  const auto mine = trials_of(here, run);
  const auto other = mine ? trials_of(there, run) : mine;
  if (!other) {
    return other.error();
  }
  for (const auto& [name, digest] : *mine) {
    const auto same = other->find(name);
    if (same != other->end() && same->second != digest) {
      return differs(run, fmt::format("its trial {} recorded something else", name));
    }
  }
  const auto only_here = count_missing(*mine, *other);
  const auto only_there = count_missing(*other, *mine);
  if (only_here > 0 && only_there > 0) {
    return differs(run,
                   fmt::format("{} of its trials are only here, and {} only there", only_here, only_there));
  }
  return only_here > 0 ? Copies::more_here : only_there > 0 ? Copies::more_there : Copies::alike;
}

}  // namespace assay::store
