// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/schema.hpp"

#include "base/text.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <set>
#include <string>

namespace assay::store {
namespace {

constexpr Migration version_1 = R"sql(
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  experiment TEXT NOT NULL,
  title TEXT NOT NULL,
  experiment_toml TEXT NOT NULL,
  settings TEXT NOT NULL,
  host TEXT NOT NULL,
  started TEXT NOT NULL,
  finished TEXT NOT NULL,
  state TEXT NOT NULL,
  planned INTEGER NOT NULL,
  writer_pid INTEGER NOT NULL,
  writer_start INTEGER NOT NULL,
  writer_boot TEXT NOT NULL
) STRICT;

CREATE TABLE kernel (
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  variant TEXT NOT NULL,
  kernel_id TEXT NOT NULL,
  release TEXT NOT NULL,
  provenance TEXT NOT NULL,
  PRIMARY KEY (run, variant)
) STRICT;

CREATE TABLE trial (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  variant TEXT NOT NULL,
  machine TEXT NOT NULL,
  workload TEXT NOT NULL,
  repeat INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  ended INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  measured_ns INTEGER NOT NULL DEFAULT 0,
  wall_ns INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  dropped_frames INTEGER NOT NULL DEFAULT 0,
  dropped_samples INTEGER NOT NULL DEFAULT 0,
  kernel_id TEXT NOT NULL DEFAULT '',
  folder TEXT NOT NULL DEFAULT '',
  UNIQUE (run, variant, machine, workload, repeat)
) STRICT;

CREATE TABLE counter (
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE check_result (
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  ok INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (trial, position)
) STRICT;

CREATE TABLE finding (
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (trial, position)
) STRICT;
CREATE INDEX finding_by_fingerprint ON finding (fingerprint);

CREATE TABLE metric (
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  metric INTEGER NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (trial, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample_block (
  id INTEGER PRIMARY KEY,
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  samples INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX sample_block_by_trial ON sample_block (trial);

CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  time_ns INTEGER NOT NULL,
  name TEXT NOT NULL,
  detail TEXT NOT NULL,
  value INTEGER NOT NULL
) STRICT;
CREATE INDEX event_by_trial ON event (trial);

CREATE TABLE verdict (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  claim TEXT NOT NULL,
  says TEXT NOT NULL,
  figure TEXT NOT NULL,
  rule TEXT NOT NULL,
  verdict TEXT NOT NULL,
  reason TEXT NOT NULL,
  more_trials INTEGER NOT NULL
) STRICT;
CREATE INDEX verdict_by_run ON verdict (run);

CREATE TABLE side (
  id INTEGER PRIMARY KEY,
  verdict INTEGER NOT NULL REFERENCES verdict(id) ON DELETE CASCADE,
  variant TEXT NOT NULL,
  expected TEXT NOT NULL,
  findings INTEGER NOT NULL,
  unmet INTEGER NOT NULL,
  unusable INTEGER NOT NULL
) STRICT;
CREATE INDEX side_by_verdict ON side (verdict);

CREATE TABLE side_value (
  side INTEGER NOT NULL REFERENCES side(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (side, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE side_unusable (
  side INTEGER NOT NULL REFERENCES side(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (side, position)
) STRICT, WITHOUT ROWID;
)sql";

/// The tests that decide claims, and the trials that figures come from.
constexpr Migration version_2 = R"sql(
ALTER TABLE side ADD COLUMN estimate REAL;
ALTER TABLE side ADD COLUMN estimate_low REAL;
ALTER TABLE side ADD COLUMN estimate_high REAL;

ALTER TABLE side_value ADD COLUMN machine TEXT;
ALTER TABLE side_value ADD COLUMN repeat INTEGER;

CREATE TABLE test (
  verdict INTEGER PRIMARY KEY REFERENCES verdict(id) ON DELETE CASCADE,
  method TEXT NOT NULL,
  confidence REAL NOT NULL,
  effect REAL NOT NULL,
  effect_low REAL NOT NULL,
  effect_high REAL NOT NULL,
  p REAL NOT NULL,
  p_adjusted REAL NOT NULL,
  claims INTEGER NOT NULL,
  look INTEGER NOT NULL,
  looks INTEGER NOT NULL
) STRICT;
)sql";

/// A probe that was active in a trial, as probe::to_json() writes it, and how much of a patch ran.
constexpr Migration version_3 = R"sql(
CREATE TABLE probe (
  trial INTEGER NOT NULL REFERENCES trial(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (trial, position)
) STRICT, WITHOUT ROWID;
ALTER TABLE verdict ADD COLUMN coverage TEXT NOT NULL DEFAULT '';
)sql";

/// What kernels were made from, each text once however many runs have it.
constexpr Migration version_4 = R"sql(
CREATE TABLE text (
  sha256 TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;

CREATE TABLE kernel_text (
  run INTEGER NOT NULL,
  variant TEXT NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES text(sha256),
  PRIMARY KEY (run, variant, position),
  FOREIGN KEY (run, variant) REFERENCES kernel(run, variant) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX kernel_text_by_sha256 ON kernel_text (sha256);
)sql";

constexpr std::array all_steps{version_1, version_2, version_3, version_4};

using Object = std::array<std::string, 4>;  // type, name, table, definition without blanks

/// What a schema consists of, but for what SQLite adds by itself.
std::set<Object> objects_of(SQLite::Database& database) {
  std::set<Object> objects;
  SQLite::Statement query(database, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema");
  while (query.executeStep()) {
    Object object{query.getColumn(0).getString(), query.getColumn(1).getString(),
                  query.getColumn(2).getString(), query.getColumn(3).getString()};
    const auto& [type, name, table, definition] = object;
    const bool is_statistics = type == "table" && (name == "sqlite_stat1" || name == "sqlite_stat4");
    if (!is_statistics && !(type == "index" && definition.empty() && name.starts_with("sqlite_autoindex_"))) {
      std::erase_if(object.back(), [](unsigned char letter) { return std::isspace(letter) != 0; });
      objects.insert(std::move(object));
    }
  }
  return objects;
}

/// Triggers would be run, views and other tables would be read for ours: a file may come from anywhere.
Status check_objects(SQLite::Database& database, const std::filesystem::path& path,
                     std::span<const Migration> steps) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(fresh, steps);
  const auto ours = objects_of(fresh);
  const auto found = objects_of(database);
  const auto differs = [&](const Object& object, std::string_view how) {
    return fail(Failure::usage, "cannot open results database {}: the {} \"{}\" in it is {}", path.string(),
                printable(object[0]), printable(object[1]), how);
  };
  for (const auto& object : found) {
    if (!ours.contains(object)) {
      return differs(object, "not as Assay makes it");
    }
  }
  for (const auto& object : ours) {
    if (!found.contains(object)) {
      return differs(object, "missing");
    }
  }
  return {};
}

int pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

}  // namespace

std::span<const Migration> migrations() { return all_steps; }

Status check_schema(SQLite::Database& database, const std::filesystem::path& path,
                    std::span<const Migration> steps) {
  const SQLite::Transaction one_state(database);  // another process may be making the tables
  const int version = pragma(database, "user_version");
  if (version == 0 && database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0) {
    return {};
  }
  if (pragma(database, "application_id") != application_id) {
    return fail(Failure::usage, "cannot open results database {}: it is a database of another program",
                path.string());
  }
  if (version < 0 || version > static_cast<int>(steps.size())) {
    return fail(Failure::usage,
                "cannot open results database {}: its schema is version {}, this program knows up to {}; "
                "a newer Assay wrote it",
                path.string(), version, steps.size());
  }
  return check_objects(database, path, steps.first(static_cast<std::size_t>(version)));
}

void migrate(SQLite::Database& database, std::span<const Migration> steps) {
  if (pragma(database, "user_version") == static_cast<int>(steps.size())) {
    return;
  }
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  // Again, now that nobody else can write: another process may have migrated meanwhile.
  const auto version = static_cast<std::size_t>(pragma(database, "user_version"));
  for (std::size_t step = version; step < steps.size(); ++step) {
    database.exec(steps[step]);
    database.exec(fmt::format("PRAGMA user_version = {}", step + 1));
  }
  database.exec(fmt::format("PRAGMA application_id = {}", application_id));
  transaction.commit();
}

}  // namespace assay::store
