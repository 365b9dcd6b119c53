// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "store/database.hpp"
#include "store/open_store.hpp"
#include "store/schema.hpp"
#include "store_samples.hpp"

#include <array>

namespace assay::store {
namespace {

using testing::error_of;

/// The failure's kind and text, with FOLDER for the test's folder.
std::pair<Failure, std::string> failure_of(const testing::Folder& folder, const std::filesystem::path& path) {
  const auto store = open_store(path);
  if (store) {
    return {};
  }
  auto text = store.error().text();
  const auto name = folder.path().string();
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
    text.replace(at, name.size(), "FOLDER");
  }
  return {store.error().kind(), text};
}

using Expected = std::pair<Failure, std::string>;

TEST(OpenStore, RefusesAFileThatIsNoDatabase) {
  const testing::Folder folder;
  ASSERT_TRUE(write_file(folder.database(), std::string(5000, 'x')));
  EXPECT_EQ(failure_of(folder, folder.database()),
            Expected(Failure::usage,
                     "cannot open results database FOLDER/assay.sqlite: it is not an SQLite database"));
  EXPECT_EQ(*read_file(folder.database()), std::string(5000, 'x'));
}

TEST(OpenStore, RefusesADatabaseOfAnotherProgram) {
  const testing::Folder folder;
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_EQ(
      failure_of(folder, folder.database()),
      Expected(Failure::usage,
               "cannot open results database FOLDER/assay.sqlite: it is a database of another program"));
}

TEST(OpenStore, RefusesANewerSchemaAndNamesBothVersions) {
  const testing::Folder folder;
  testing::must_open(folder.database());
  const auto newer = migrations().size() + 1;
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = " + std::to_string(newer));
  EXPECT_EQ(
      failure_of(folder, folder.database()),
      Expected(Failure::usage,
               fmt::format("cannot open results database FOLDER/assay.sqlite: its schema is version {}, "
                           "this program knows up to {}; a newer Assay wrote it",
                           newer, newer - 1)));
}

TEST(OpenStore, SaysWhyAFileCannotBeOpened) {
  const testing::Folder folder;
  EXPECT_EQ(failure_of(folder, folder.path()),
            Expected(Failure::infrastructure, "cannot open results database FOLDER: Is a directory"));
  EXPECT_EQ(
      failure_of(folder, folder.path() / "no/assay.sqlite"),
      Expected(Failure::infrastructure,
               "cannot open results database FOLDER/no/assay.sqlite: FOLDER/no: No such file or directory"));
}

TEST(OpenStore, TakesAnEmptyFileForANewDatabase) {
  const testing::Folder folder;
  ASSERT_TRUE(write_file(folder.database(), ""));
  EXPECT_TRUE(testing::must_open(folder.database())->runs()->empty());
}

constexpr std::array<Migration, 3> three_steps{
    "CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('kept')",
    "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new'",
    "CREATE TABLE b (z TEXT)",
};

TEST(Migrate, RunsTheStepsThatLackInTheirOrder) {
  const testing::Folder folder;
  SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(database, std::span(three_steps).first(1));
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_TRUE(check_schema(database, folder.database(), three_steps));
  migrate(database, three_steps);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 3);
  EXPECT_EQ(database.execAndGet("SELECT x || ' ' || y FROM a").getString(), "kept new");
  migrate(database, three_steps);  // nothing to do
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM a").getInt(), 1);
}

TEST(Migrate, KeepsTheVerdictsOfVersionOne) {
  const testing::Folder folder;
  {
    SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(database, migrations().first(1));
    database.exec(R"sql(
      INSERT INTO run VALUES (1, 'r', 'e', 't', '', '{}', '{}', '2026-11-21T05:15:02Z', '', 'finished', 2, 0, 0, '');
      INSERT INTO verdict VALUES (1, 1, 'c', 'says', 'f', 'rule', 'holds', 'why', 0);
      INSERT INTO side VALUES (1, 1, 'before', '>= 1', 0, 0, 0);
      INSERT INTO side_value VALUES (1, 0, 1.5);)sql");
  }
  const auto verdicts = testing::must_open(folder.database())->verdicts("r");
  ASSERT_EQ(error_of(verdicts), "");
  ASSERT_EQ(verdicts->size(), 1U);
  EXPECT_EQ(verdicts->front().sides.front().values, std::vector<double>{1.5});
  EXPECT_TRUE(verdicts->front().sides.front().sources.empty());
  EXPECT_FALSE(verdicts->front().test);
}

TEST(Migrate, IsAllOrNothing) {
  const testing::Folder folder;
  SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  constexpr std::array<Migration, 2> broken{three_steps[0], "CREATE TABLE a (again TEXT)"};
  EXPECT_THROW(migrate(database, broken), SQLite::Exception);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 0);
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt(), 0);
}

TEST(Migrate, LeavesASoundDatabase) {
  const testing::Folder folder;
  testing::must_open(folder.database());
  SQLite::Database database(folder.database().string());
  EXPECT_EQ(database.execAndGet("PRAGMA integrity_check").getString(), "ok");
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt(), application_id);
}

}  // namespace
}  // namespace assay::store
