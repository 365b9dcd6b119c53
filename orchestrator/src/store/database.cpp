// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/database.hpp"

#include "store/schema.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <limits>
#include <system_error>
#include <thread>

namespace assay::store {
namespace {

namespace fs = std::filesystem;

/// How long a call waits for another process that writes.
constexpr int busy_timeout_ms = 5000;

/// Primary result code: the low byte of an extended one.
int primary(int code) { return code & 0xff; }

/// Why `path` cannot be opened for writing, as errno says it. By looking only: closing a descriptor of the
/// file would drop the locks that another connection of this process holds on it.
std::string why_not_opened(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return errno_text(EISDIR);
  }
  const auto parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto& tried = fs::exists(path, error) ? path : parent;
  if (::access(tried.c_str(), R_OK | W_OK) != 0) {
    return fmt::format("{}: {}", tried.string(), errno_text(errno));
  }
  return "unable to open it";
}

/// Switching to WAL needs the file for a moment alone and does not wait for it, so this does.
bool switch_to_wal(SQLite::Database& connection) {
  using namespace std::chrono_literals;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
  while (true) {
    try {
      return connection.execAndGet("PRAGMA journal_mode = WAL").getString() == "wal";
    } catch (const SQLite::Exception& exception) {
      if (primary(exception.getErrorCode()) != SQLITE_BUSY || std::chrono::steady_clock::now() > until) {
        throw;
      }
    }
    std::this_thread::sleep_for(5ms);
  }
}

Status prepare(SQLite::Database& connection, const fs::path& path) {
  if (auto known = check_schema(connection, path, migrations()); !known) {
    return known;
  }
  connection.exec("PRAGMA page_size = 32768");  // of a new database: blocks of samples are larger than 4 KiB
  if (!switch_to_wal(connection)) {
    return fail(
        Failure::infrastructure,
        "cannot open results database {}: its file system has no shared memory between processes, which "
        "SQLite's WAL mode needs; put the results on a local disk",
        path.string());
  }
  connection.exec("PRAGMA synchronous = NORMAL");
  connection.exec("PRAGMA foreign_keys = ON");
  connection.exec("PRAGMA journal_size_limit = 16777216");
  // The same as by default, but counted in pages of 32 KiB: SQLite counted in those of 4 KiB when it opened
  // the file, and would keep eight times as much.
  connection.exec("PRAGMA cache_size = -2000");
  migrate(connection, migrations());
  return {};
}

/// What SQLite threw, as "<why>".
Error reason(const SQLite::Exception& exception, const fs::path& path, int system_error) {
  switch (primary(exception.getErrorCode())) {
    case SQLITE_NOTADB:
      return fail(Failure::usage, "it is not an SQLite database");
    case SQLITE_CANTOPEN:
      return fail(Failure::infrastructure, "{}", why_not_opened(path));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Failure::infrastructure, "another process has kept it locked for {} s",
                  busy_timeout_ms / 1000);
    case SQLITE_FULL:
      return fail(Failure::infrastructure, "{}", errno_text(ENOSPC));
    case SQLITE_READONLY:
      return fail(Failure::infrastructure, "it may not be written");
    case SQLITE_IOERR:
      if (system_error != 0) {
        return fail(Failure::infrastructure, "{}", errno_text(system_error));
      }
      [[fallthrough]];
    default:
      return fail(Failure::infrastructure, "{}", exception.what());
  }
}

}  // namespace

Result<Database> Database::open(const fs::path& path) {
  try {
    SQLite::Database connection(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_timeout_ms);
    if (auto ready = prepare(connection, path); !ready) {
      return ready.error();
    }
    return Database(std::move(connection), path);
  } catch (const SQLite::Exception& exception) {
    return reason(exception, path, 0).within(fmt::format("open results database {}", path.string()));
  }
}

Error Database::explain(const SQLite::Exception& exception) const {
  const auto why = reason(exception, path_, sqlite3_system_errno(connection_.getHandle()));
  return {why.kind(), fmt::format("results database {}: {}", path_.string(), why.text())};
}

std::int64_t Query::number(int column) const { return statement_.getColumn(column).getInt64(); }

std::uint64_t Query::bits(int column) const { return static_cast<std::uint64_t>(number(column)); }

unsigned Query::count(int column) const { return static_cast<unsigned>(number(column)); }

double Query::real(int column) const {
  const auto value = statement_.getColumn(column);
  return value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
}

std::string Query::text(int column) const { return statement_.getColumn(column).getString(); }

std::string_view Query::bytes(int column) const {
  const auto value = statement_.getColumn(column);
  const auto* data = static_cast<const char*>(value.getBlob());
  return {data, static_cast<std::size_t>(value.getBytes())};
}

void Query::bind(int index, const std::string& text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw SQLite::Exception("a text of more than 2 GiB", SQLITE_TOOBIG);
  }
  statement_.bind(index, text);
}

void Query::bind(int index, std::string_view text) { bind(index, std::string(text)); }

void Query::bind(int index, Blob blob) {
  statement_.bind(index, static_cast<const void*>(blob.bytes.data()), static_cast<int>(blob.bytes.size()));
}

void Query::bind(int index, std::int64_t number) { statement_.bind(index, number); }

void Query::bind(int index, std::uint64_t number) { bind(index, static_cast<std::int64_t>(number)); }

void Query::bind(int index, unsigned number) { bind(index, static_cast<std::int64_t>(number)); }

void Query::bind(int index, int number) { bind(index, static_cast<std::int64_t>(number)); }

void Query::bind(int index, bool flag) { bind(index, static_cast<std::int64_t>(flag ? 1 : 0)); }

void Query::bind(int index, double number) {
  if (std::isnan(number)) {
    statement_.bind(index);  // NULL: SQLite keeps no NaN
  } else {
    statement_.bind(index, number);
  }
}

std::int64_t last_id(Database& database) { return database.sql().getLastInsertRowid(); }

}  // namespace assay::store
