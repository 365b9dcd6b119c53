// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "store/database_files.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace assay::store {

/// One connection to a results database that has been checked and has the last schema.
class Database {
 public:
  /// As open_store().
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path);
  /// As read_store().
  [[nodiscard]] static Result<Database> open_to_read(const std::filesystem::path& path, Process process);
  /// In memory, without a run.
  [[nodiscard]] static Database empty();

  [[nodiscard]] SQLite::Database& sql() { return connection_; }

  /// What `work` returns (a Result); what SQLite throws meanwhile, and an Error of `work`, becomes
  /// "cannot <action>: <why>". No exception of SQLiteCpp leaves the room.
  template <class Work>
  [[nodiscard]] std::invoke_result_t<Work> guarded(std::string_view action, Work work) {
    try {
      auto result = work();
      return result ? std::move(result) : std::invoke_result_t<Work>(result.error().within(action));
    } catch (const SQLite::Exception& exception) {
      return explain(exception).within(action);
    }
  }

  /// guarded() with one view of the database for all that `work` reads; a reader never makes a writer wait.
  /// `work` may be called again, when somebody wrote meanwhile and what it read may be of two times.
  template <class Work>
  [[nodiscard]] std::invoke_result_t<Work> read(std::string_view action, Work work) {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      if (auto ready = renew(); !ready) {
        return ready.error();
      }
      auto result = guarded(action, [&] {
        const SQLite::Transaction view(connection_, SQLite::TransactionBehavior::DEFERRED);
        return work();
      });
      if (is_as_it_was()) {
        return result;
      }
    }
    return fail(Failure::infrastructure, "cannot {}: results database {} is written all the time", action,
                path_.string());
  }

  /// guarded() in one transaction that is committed when `work` returns without an error. It takes the write
  /// lock at once: waiting for another writer happens here, where the busy time-out applies.
  template <class Work>
  [[nodiscard]] Status write(std::string_view action, Work work) {
    return guarded(action, [&]() -> Status {
      SQLite::Transaction transaction(connection_, SQLite::TransactionBehavior::IMMEDIATE);
      if (auto done = work(); !done) {
        return done;
      }
      transaction.commit();
      return {};
    });
  }

 private:
  /// How a database is read without a byte written beside it.
  enum class Reading : std::uint8_t {
    still,   ///< no log: nobody writes, and the main file has all
    shared,  ///< with the locks and the index that the processes which write it keep in memory
    alone,   ///< a log that nobody cares for: its index is made in our memory
  };
  struct View {
    Process process = Process::only_reads;
    DatabaseFiles files = {};
    Reading reading = Reading::still;
    bool was_disturbed = false;
  };
  static constexpr int most_attempts = 8;

  Database(SQLite::Database connection, std::filesystem::path path)
      : connection_(std::move(connection)), path_(std::move(path)) {}

  [[nodiscard]] Error explain(const SQLite::Exception& exception) const;
  [[nodiscard]] static Reading way_to_read(const View& view, const std::filesystem::path& path);
  [[nodiscard]] Status connect_to_read(const DatabaseFiles& files);
  /// Connects anew when the files are not those that were opened.
  [[nodiscard]] Status renew();
  [[nodiscard]] bool is_as_it_was();

  SQLite::Database connection_;
  std::filesystem::path path_;
  std::optional<View> view_;  ///< of what is only read
};

/// Bytes for a BLOB column; never empty.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement whose parameters are given in order; a text may hold any bytes, zeros included.
/// Unsigned 64-bit numbers are kept as the signed ones of the same bits. Throws SQLite::Exception.
class Query {
 public:
  Query(Database& database, const char* sql) : statement_(database.sql(), sql) {}

  template <class... Parameters>
  Query& with(const Parameters&... parameters) {
    statement_.reset();
    int index = 0;
    (bind(++index, parameters), ...);
    return *this;
  }

  /// Runs a statement that gives no rows.
  void run() { statement_.exec(); }
  /// Goes to the next row; false after the last.
  [[nodiscard]] bool next() { return statement_.executeStep(); }

  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::uint64_t bits(int column) const;
  [[nodiscard]] unsigned count(int column) const;
  [[nodiscard]] double real(int column) const;  ///< NaN for NULL
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next call of next() or with().
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  void bind(int index, const std::string& text);
  void bind(int index, std::string_view text);
  void bind(int index, Blob blob);
  void bind(int index, std::int64_t number);
  void bind(int index, std::uint64_t number);
  void bind(int index, unsigned number);
  void bind(int index, int number);
  void bind(int index, bool flag);
  void bind(int index, double number);

  mutable SQLite::Statement statement_;  // getColumn() is not const
};

/// The rowid that the last INSERT of this connection gave.
[[nodiscard]] std::int64_t last_id(Database& database);

}  // namespace assay::store
