// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/merge_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>

namespace assay::store {
namespace {

/// How the rows of each table belong to a run, and what of them is a number of this database alone: those are
/// shifted by the largest that is here. Columns are the same on both sides: both have the last schema.
struct Part {
  const char* table = "";
  const char* columns = "";  ///< as SELECT wants them; {run}, {trial}, ... stand for the shifts
  const char* rows = "";     ///< FROM and WHERE; ?1 is the run's id there
  const char* known = "";    ///< what becomes of a row that is here
};

constexpr const char* of_trial = "JOIN trial AS t ON t.id = r.trial WHERE t.run = ?1 ORDER BY r.rowid";
constexpr const char* of_trial_by_position =
    "JOIN trial AS t ON t.id = r.trial WHERE t.run = ?1 ORDER BY r.trial";

constexpr std::array parts{
    Part{"run",
         "r.id + {run}, name, experiment, title, experiment_toml, settings, host, started, finished, state, "
         "planned, "
         "writer_pid, writer_start, writer_boot",
         "WHERE r.id = ?1"},
    Part{"kernel", "run + {run}, position, variant, kernel_id, release, provenance",
         "WHERE run = ?1 ORDER BY position"},
    Part{"text", "sha256, size, data", "WHERE sha256 IN (SELECT sha256 FROM kernel_text WHERE run = ?1)",
         "ON CONFLICT (sha256) DO NOTHING"},
    Part{"kernel_text", "r.run + {run}, r.variant, r.position, kind, sha256",
         "JOIN kernel AS n ON n.run = r.run AND n.variant = r.variant WHERE r.run = ?1"},
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
         "JOIN verdict AS v ON v.id = r.verdict WHERE v.run = ?1"},
    Part{"side",
         "r.id + {side}, r.verdict + {verdict}, variant, expected, findings, unmet, unusable, estimate, "
         "estimate_low, "
         "estimate_high",
         "JOIN verdict AS v ON v.id = r.verdict WHERE v.run = ?1 ORDER BY r.id"},
    Part{"side_value", "side + {side}, position, value, machine, repeat",
         "JOIN side AS s ON s.id = r.side JOIN verdict AS v ON v.id = s.verdict WHERE v.run = ?1"},
    Part{"side_unusable", "side + {side}, position, why",
         "JOIN side AS s ON s.id = r.side JOIN verdict AS v ON v.id = s.verdict WHERE v.run = ?1"},
};

using Shifts = std::map<std::string, std::int64_t>;

Shifts shifts_of(Database& database) {
  Shifts shifts;
  for (const auto* table : {"run", "trial", "sample_block", "event", "verdict", "side"}) {
    const auto sql = fmt::format("SELECT coalesce(max(id), 0) FROM {}", table);
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

/// As it is; its type is checked by the table, which is STRICT.
void bind_same(SQLite::Statement& insert, int index, const SQLite::Column& value) {
  if (value.isInteger()) {
    insert.bind(index, static_cast<std::int64_t>(value.getInt64()));
  } else if (value.isFloat()) {
    insert.bind(index, value.getDouble());
  } else if (value.isText()) {
    insert.bind(index, value.getString());
  } else if (value.isBlob()) {
    insert.bind(index, value.getBlob(), value.getBytes());
  } else {
    insert.bind(index);  // NULL
  }
}

}  // namespace

Status copy_rows(Database& here, Database& there, std::int64_t run) {
  const auto shifts = shifts_of(here);
  for (const auto& part : parts) {
    SQLite::Statement select(there.sql(), fmt::format("SELECT {1} FROM {0} AS r {2}", part.table,
                                                      shifted(part.columns, shifts), part.rows));
    select.bind(1, run);
    // What the other database throws is told as its own.
    const auto next_row = [&] {
      return there.guarded(fmt::format("read its table {}", part.table),
                           [&]() -> Result<bool> { return select.executeStep(); });
    };
    std::string places = "?";
    for (int column = 1; column < select.getColumnCount(); ++column) {
      places += ", ?";
    }
    SQLite::Statement insert(here.sql(),
                             fmt::format("INSERT INTO {} VALUES ({}) {}", part.table, places, part.known));
    auto is_row = next_row();
    for (; is_row && *is_row; is_row = next_row()) {
      for (int column = 0; column < select.getColumnCount(); ++column) {
        bind_same(insert, column + 1, select.getColumn(column));
      }
      insert.exec();
      insert.reset();
    }
    if (!is_row) {
      return is_row.error();
    }
  }
  return {};
}

}  // namespace assay::store
