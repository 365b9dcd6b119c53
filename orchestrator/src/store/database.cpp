// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/database.hpp"

#include "store/checks.hpp"
#include "store/schema.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <string_view>
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

/// Why a database with a journal beside it cannot be read. SQLite would take back what the journal is about,
/// but only where it may write.
Error why_not_taken_back(const fs::path& path) {
  constexpr std::string_view magic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  const auto journal = path.string() + "-journal";
  std::array<char, magic.size()> begin{};
  std::ifstream(journal, std::ios::binary).read(begin.data(), begin.size());
  if (std::string_view(begin.data(), begin.size()) != magic) {
    return fail(Failure::usage, "the file {} beside it is no journal of SQLite: remove it", journal);
  }
  return fail(
      Failure::infrastructure,
      "a program was ended while it wrote there, and left {0}: the next that writes takes back what is half "
      "written, as sqlite3 {1} 'BEGIN IMMEDIATE' does",
      journal, path.string());
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

/// Nothing that stands in the file is run or believed, whoever wrote it.
void harden(SQLite::Database& connection) {
  constexpr int longest_value = 64 << 20;
  auto* handle = connection.getHandle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, longest_value);
  connection.exec("PRAGMA cell_size_check = ON");
}

Status prepare(SQLite::Database& connection, const fs::path& path) {
  harden(connection);
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

/// A path as SQLite's URIs want it.
std::string uri_of(const fs::path& path) {
  std::string uri = "file:";
  for (const char letter : path.string()) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '/';
    uri += is_plain ? std::string(1, letter) : fmt::format("%{:02x}", static_cast<unsigned char>(letter));
  }
  return uri;
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
      if (exception.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK) {
        return why_not_taken_back(path);
      }
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
  if (const auto files = look_at(path); !files) {
    return files.error();
  }
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

Database::Reading Database::way_to_read(const View& view, const fs::path& path) {
  const bool has_pages = view.files.log.size > 0 || view.files.journal.size > 0;
  const auto index = path.string() + "-shm";
  const bool may_share = ::access(index.c_str(), W_OK) == 0;
  if (is_in_use(path) ||
      (may_share && (view.was_disturbed || (has_pages && view.process == Process::may_write)))) {
    return Reading::shared;
  }
  return has_pages ? Reading::alone : Reading::still;
}

Status Database::connect_to_read(const DatabaseFiles& files) {
  view_->files = files;
  view_->reading = way_to_read(*view_, path_);
  view_->was_disturbed = false;
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW;
  std::error_code error;
  const auto name = fs::canonical(path_.parent_path(), error) / path_.filename();
  switch (view_->reading) {
    case Reading::still:
      connection_ = SQLite::Database(uri_of(name) + "?immutable=1", flags | SQLITE_OPEN_URI);
      break;
    case Reading::shared:
      connection_ = SQLite::Database(name.string(), flags, busy_timeout_ms);
      break;
    case Reading::alone:
      // No locks, as only a writer's would matter; and without them SQLite would write the log back at the
      // end.
      connection_ = SQLite::Database(name.string(), flags, busy_timeout_ms, "unix-none");
      sqlite3_db_config(connection_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
      connection_.exec("PRAGMA locking_mode = EXCLUSIVE");
      break;
  }
  harden(connection_);
  if (auto known = check_schema(connection_, path_, migrations()); !known) {
    return known;
  }
  if (connection_.execAndGet("PRAGMA user_version").getInt() != static_cast<int>(migrations().size())) {
    // Of an older Assay: a copy that is gone with the connection is brought to the last schema.
    SQLite::Database copy("", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(copy, connection_).executeStep(-1);
    connection_ = std::move(copy);
    harden(connection_);
    migrate(connection_, migrations());
    view_->reading = Reading::still;
  }
  return {};
}

Database Database::empty() {
  Database database(SQLite::Database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE), "");
  migrate(database.connection_, migrations());
  return database;
}

Result<Database> Database::open_to_read(const fs::path& path, Process process) {
  std::error_code error;
  auto database = empty();
  database.path_ = fs::absolute(path, error);
  database.view_ = View{process};
  if (auto ready = database.renew(); !ready) {
    return ready.error();
  }
  return database;
}

Status Database::renew() {
  if (!view_) {
    return {};
  }
  const auto files = look_at(path_);
  if (!files) {
    return files.error();
  }
  if (files->main.size < 0) {
    return fail(Failure::usage, "cannot open results database {}: there is no such file", path_.string());
  }
  const bool is_same = view_->reading == Reading::shared ? files->main.inode == view_->files.main.inode
                                                         : *files == view_->files;
  if (is_same && !view_->was_disturbed) {
    return {};
  }
  try {
    return connect_to_read(*files);
  } catch (const SQLite::Exception& exception) {
    view_->files = {};
    return reason(exception, path_, 0).within(fmt::format("open results database {}", path_.string()));
  }
}

bool Database::is_as_it_was() {
  if (!view_ || view_->reading == Reading::shared) {
    return true;
  }
  const auto files = look_at(path_);
  view_->was_disturbed = !files || *files != view_->files;
  return !view_->was_disturbed;
}

Error Database::explain(const SQLite::Exception& exception) const {
  const auto why = reason(exception, path_, sqlite3_system_errno(connection_.getHandle()));
  return {why.kind(), fmt::format("results database {}: {}", path_.string(), why.text())};
}

namespace {

/// A column's value, when it is of the type that its table has. STRICT is checked by who writes.
SQLite::Column typed(SQLite::Statement& statement, int column, int type, const char* what) {
  auto value = statement.getColumn(column);
  if (value.getType() != type) {
    refuse(fmt::format("column \"{}\" holds no {}", statement.getColumnName(column), what));
  }
  return value;
}

}  // namespace

std::int64_t Query::number(int column) const {
  return typed(statement_, column, SQLITE_INTEGER, "number").getInt64();
}

std::uint64_t Query::bits(int column) const { return static_cast<std::uint64_t>(number(column)); }

unsigned Query::count(int column) const {
  const auto value = number(column);
  if (value < 0 || value > std::numeric_limits<unsigned>::max()) {
    refuse(fmt::format("column \"{}\" holds {}, which is no count", statement_.getColumnName(column), value));
  }
  return static_cast<unsigned>(value);
}

double Query::real(int column) const {
  const auto value = statement_.getColumn(column);
  return value.isNull() ? std::numeric_limits<double>::quiet_NaN()
                        : typed(statement_, column, SQLITE_FLOAT, "real number").getDouble();
}

std::string Query::text(int column) const {
  return typed(statement_, column, SQLITE_TEXT, "text").getString();
}

std::string_view Query::bytes(int column) const {
  const auto value = typed(statement_, column, SQLITE_BLOB, "bytes");
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
