// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "store/checks.hpp"
#include "store/database.hpp"
#include "store/merge.hpp"
#include "store/open_store.hpp"
#include "store_samples.hpp"

#include <sys/stat.h>

#include <map>

namespace assay::store {
namespace {

using testing::error_of;

std::unique_ptr<Store> must_read(const std::filesystem::path& path) {
  auto store = read_store(path, Process::only_reads);
  if (!store) {
    throw std::runtime_error(store.error().text());
  }
  return std::move(*store);
}

/// All that lies in a folder, with its content.
std::map<std::string, std::string> snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = *read_file(entry.path());
  }
  return files;
}

void execute(const std::filesystem::path& path, const std::string& statement) {
  SQLite::Database(path.string(), SQLite::OPEN_READWRITE, 5000).exec(statement);
}

TEST(ReadStore, WritesNothingAndCreatesNothing) {
  const testing::Folder folder;
  ASSERT_FALSE(read_store(folder.database(), Process::only_reads));
  EXPECT_TRUE(snapshot(folder.path()).empty());
  ASSERT_TRUE(testing::must_open(folder.database())->begin_run(testing::a_run("r")));
  const auto before = snapshot(folder.path());
  EXPECT_EQ(must_read(folder.database())->runs()->size(), 1U);
  EXPECT_EQ(must_read(folder.database())->find_run("r")->id, "r");
  EXPECT_TRUE(snapshot(folder.path()) == before);
  EXPECT_FALSE(must_read(folder.database())->begin_run(testing::a_run("s")));
  EXPECT_TRUE(snapshot(folder.path()) == before);
}

TEST(ReadStore, ReadsTheLogThatAKilledWriterLeft) {
  const testing::Folder folder;
  const testing::Folder killed;
  auto writer = testing::must_open(folder.database());
  ASSERT_TRUE(writer->begin_run(testing::a_run("r")));
  for (const auto* suffix : {"", "-wal"}) {  // as an archive of a run that goes on
    std::filesystem::copy_file(folder.database().string() + suffix, killed.database().string() + suffix);
  }
  const auto before = snapshot(killed.path());
  ASSERT_GT(before.at("assay.sqlite-wal").size(), 0U);
  EXPECT_EQ(must_read(killed.database())->runs()->size(), 1U);
  EXPECT_TRUE(snapshot(killed.path()) == before);
}

TEST(ReadStore, SeesWhatAnotherProcessWritesMeanwhile) {
  const testing::Folder folder;
  ASSERT_TRUE(testing::must_open(folder.database())->begin_run(testing::a_run("first")));
  const auto reader = must_read(folder.database());
  EXPECT_EQ(reader->runs()->size(), 1U);
  auto writer = testing::must_open(folder.database());
  ASSERT_TRUE(writer->begin_run(testing::a_run("second")));
  EXPECT_EQ(reader->runs()->size(), 2U) << "in the log";
  writer.reset();
  EXPECT_EQ(reader->runs()->size(), 2U) << "in the main file";
}

TEST(ReadStore, BringsOnlyACopyToTheLastSchema) {
  const testing::Folder folder;
  ASSERT_TRUE(testing::must_open(folder.database())->begin_run(testing::a_run("r")));
  execute(
      folder.database(),
      "DROP TABLE kernel_text; DROP TABLE text; DROP TABLE probe; ALTER TABLE verdict DROP COLUMN coverage; "
      "PRAGMA user_version = 2");
  const auto before = snapshot(folder.path());
  const auto reader = must_read(folder.database());
  EXPECT_EQ(error_of(reader->verdicts("r")), "");
  EXPECT_EQ(error_of(reader->trials("r")), "");
  EXPECT_TRUE(snapshot(folder.path()) == before);
}

TEST(ReadStore, RefusesWhatAssayDidNotMake) {
  for (const auto* statement : {"CREATE TRIGGER evil AFTER DELETE ON run BEGIN DELETE FROM trial; END",
                                "CREATE TABLE evil (a)", "DROP TABLE probe; CREATE VIEW probe AS SELECT 1",
                                "DROP TABLE probe", "CREATE INDEX evil ON run (title)"}) {
    const testing::Folder folder;
    testing::must_open(folder.database());
    execute(folder.database(), statement);
    const auto reader = read_store(folder.database(), Process::only_reads);
    EXPECT_NE(error_of(reader).find("cannot open results database " + folder.database().string()),
              std::string::npos)
        << statement << ": " << error_of(reader);
    EXPECT_FALSE(open_store(folder.database())) << statement;
  }
  const testing::Folder folder;
  testing::must_open(folder.database());
  execute(folder.database(), "ANALYZE");
  EXPECT_TRUE(read_store(folder.database(), Process::only_reads)) << "SQLite's own statistics";
}

TEST(ReadStore, RefusesValuesThatAssayDoesNotWrite) {
  const std::string plain =
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')')"
      " WHERE name IN ('run', 'trial'); PRAGMA writable_schema = RESET; ";
  const std::string strict =
      "; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE "
      "name IN ('run', 'trial'); PRAGMA writable_schema = RESET";
  for (const std::string statement :
       {"UPDATE run SET name = '../../x'",
        "UPDATE run SET name = ''",
        "UPDATE run SET name = '.x'",
        "UPDATE run SET name = 'last'",
        "UPDATE run SET name = char(27) || '[31m'",
        "UPDATE run SET state = 'evil'",
        "UPDATE run SET started = 'now'",
        "UPDATE run SET planned = -1",
        "UPDATE run SET planned = 1 << 40",
        "UPDATE run SET host = hex(zeroblob(0)) || replace(hex(zeroblob(200)), '0', '[')",
        "UPDATE trial SET repeat = -1",
        "UPDATE trial SET attempts = -1",
        "UPDATE trial SET measured_ns = -1",
        "UPDATE trial SET outcome = 'evil'",
        "UPDATE trial SET folder = '../x'",
        "UPDATE trial SET folder = '/etc'",
        "UPDATE trial SET folder = 'javascript:x'",
        "UPDATE trial SET folder = 'a/../../b'",
        "UPDATE trial SET repeat = 'x'",
        "UPDATE run SET title = x'00'"}) {
    const testing::Folder folder;
    {
      auto writer = testing::must_open(folder.database());
      ASSERT_TRUE(writer->begin_run(testing::a_run("r")));
      const trial::TrialKey key{"before", "m", "w", 0};
      ASSERT_TRUE(writer->sink("r").begin_trial(key, 1));
      ASSERT_TRUE(writer->sink("r").end_trial(testing::a_record(key, trial::Outcome::pass)));
      ASSERT_TRUE(writer->end_run("r", "finished", {}));
    }
    ASSERT_EQ(error_of(must_read(folder.database())->trials("r")), "");
    execute(folder.database(), plain + statement + strict);
    const auto reader = must_read(folder.database());
    const auto runs = reader->runs();
    const auto trials = reader->trials("r");
    EXPECT_FALSE(runs && trials) << statement;
    const auto said = error_of(runs) + error_of(trials);
    EXPECT_NE(said.find(folder.database().string()), std::string::npos) << said;
    EXPECT_EQ(said.find('\x1b'), std::string::npos);
    const testing::Folder into;
    EXPECT_FALSE(merge_results(into.database(), folder.database())) << statement;
    EXPECT_EQ(testing::must_open(into.database())->runs()->size(), 0U) << statement;
  }
}

/// A database with a run "r" that has these trials.
void write_trials(const testing::Folder& folder, const std::vector<trial::TrialRecord>& records) {
  const auto store = testing::must_open(folder.database());
  ASSERT_TRUE(store->begin_run(testing::a_run("r")));
  for (const auto& record : records) {
    ASSERT_TRUE(store->sink("r").begin_trial(record.key, record.seed));
    ASSERT_TRUE(store->sink("r").end_trial(record));
  }
  ASSERT_TRUE(store->end_run("r", "finished", {}));
}

const auto first = testing::a_record({"before", "m", "w", 0}, trial::Outcome::pass);
const auto second = testing::a_record({"after", "m", "w", 0}, trial::Outcome::pass);

TEST(Merge, RefusesAnotherRunOfTheSameName) {
  for (const std::string statement :
       {"UPDATE run SET started = '2026-11-21T05:15:03Z'", "UPDATE run SET host = '{\"cores\":3}'",
        "UPDATE run SET experiment_toml = 'title = \"y\"'", "UPDATE trial SET seed = 1",
        "UPDATE trial SET outcome = 'fail'", "UPDATE counter SET value = 4095 WHERE position = 0",
        "UPDATE check_result SET ok = 1 - ok", "UPDATE finding SET text = 'x'",
        "UPDATE trial SET repeat = 1"}) {
    const testing::Folder into;
    const testing::Folder from;
    write_trials(into, {first});
    write_trials(from, {first});
    ASSERT_EQ(merge_results(into.database(), from.database())->front().fate, MergedRun::Fate::known);
    execute(from.database(), statement);
    for (const auto& merged : {compare_results(into.database(), from.database()),
                               merge_results(into.database(), from.database())}) {
      EXPECT_NE(error_of(merged).find("run r is here with other content: "), std::string::npos)
          << statement << ": " << error_of(merged);
      EXPECT_FALSE(merged) << statement;
      EXPECT_TRUE(merged || merged.error().kind() == Failure::usage) << statement;
    }
    EXPECT_EQ(testing::must_open(into.database())->trials("r")->size(), 1U);
  }
}

TEST(Merge, TakesTheCopyThatHasAllOfTheTrials) {
  const testing::Folder less;
  const testing::Folder more;
  write_trials(less, {first, testing::a_record(second.key, trial::Outcome::lost)});
  write_trials(more, {first, second});  // resumed, as many have ended
  EXPECT_EQ(compare_results(more.database(), less.database())->front().fate, MergedRun::Fate::known);
  EXPECT_EQ(merge_results(less.database(), more.database())->front().fate, MergedRun::Fate::replaced);
  EXPECT_EQ(testing::must_open(less.database())->trials("r")->back().outcome, trial::Outcome::pass);
}

TEST(Merge, RefusesARunThatWasResumedAtTwoPlaces) {
  const testing::Folder into;
  const testing::Folder from;
  write_trials(into, {first});
  write_trials(from, {second});
  EXPECT_NE(error_of(merge_results(into.database(), from.database()))
                .find("1 of its trials are only here, and 1 only there"),
            std::string::npos);
}

TEST(Merge, NamesTheDatabaseThatIsBroken) {
  const testing::Folder into;
  const testing::Folder from;
  write_trials(into, {first});
  write_trials(from, {first});
  execute(into.database(), "UPDATE run SET state = 'evil'");
  for (const auto& merged :
       {compare_results(into.database(), from.database()), merge_results(into.database(), from.database())}) {
    EXPECT_NE(error_of(merged).find("results database " + into.database().string() +
                                    ": run \"r\" has an unknown state"),
              std::string::npos)
        << error_of(merged);
  }
}

TEST(ReadStore, OpensOnlyRegularFiles) {
  const testing::Folder folder;
  const testing::Folder other;
  ASSERT_TRUE(testing::must_open(other.database())->begin_run(testing::a_run("r")));
  std::filesystem::create_symlink(other.database(), folder.database());
  EXPECT_NE(error_of(read_store(folder.database(), Process::only_reads)).find("it is a symbolic link"),
            std::string::npos);
  EXPECT_NE(error_of(open_store(folder.database())).find("it is a symbolic link"), std::string::npos);
  std::filesystem::remove(folder.database());
  ASSERT_EQ(::mkfifo(folder.database().c_str(), 0600), 0);
  EXPECT_NE(error_of(read_store(folder.database(), Process::only_reads)).find("no regular file"),
            std::string::npos);
  std::filesystem::create_symlink("/dev/zero", other.database().string() + "-wal");
  EXPECT_NE(error_of(read_store(other.database(), Process::only_reads)).find("it is a symbolic link"),
            std::string::npos);
}

TEST(RunNames, AreNames) {
  for (const auto* name : {"20261121-051502-shared-fault", "r", "1.2_3-4"}) {
    EXPECT_TRUE(is_run_name(name)) << name;
  }
  for (const auto* name : {"", ".", "..", "../x", "a/b", "-x", "_x", "last", "a b", "\xc3\xa9", "a\nb"}) {
    EXPECT_FALSE(is_run_name(name)) << name;
  }
  EXPECT_FALSE(is_run_name(std::string(129, 'a')));
  EXPECT_FALSE(is_run_name(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace assay::store
