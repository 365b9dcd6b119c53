// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/texts.hpp"

#include "base/hash.hpp"
#include "base/packed.hpp"
#include "store/merge.hpp"
#include "store/open_store.hpp"
#include "store/remove.hpp"
#include "store/schema.hpp"
#include "store_samples.hpp"

#include <gmock/gmock.h>

namespace assay::store {
namespace {

using ::testing::ElementsAre;
using testing::error_of;

const std::string config(150'000, 'c');
const std::string patch = "--- a/mm/x.c\n+++ b/mm/x.c\n" + testing::hostile();

/// A finished run with a kernel "before" that has these texts.
void write_run(const testing::Folder& folder, const std::string& run, const KernelTexts& texts) {
  const auto store = testing::must_open(folder.database());
  ASSERT_EQ(error_of(store->begin_run(testing::a_run(run))), "");
  ASSERT_EQ(error_of(store->add_kernel(run, {"before", "k1", "6.12", "{}"}, texts)), "");
  ASSERT_EQ(error_of(store->end_run(run, "finished", {})), "");
}

std::unique_ptr<Store> must_read(const testing::Folder& folder) {
  auto store = read_store(folder.database(), Process::only_reads);
  if (!store) {
    throw std::runtime_error(store.error().text());
  }
  return std::move(*store);
}

void execute(const testing::Folder& folder, const std::string& statement) {
  SQLite::Database(folder.database().string(), SQLite::OPEN_READWRITE, 5000).exec(statement);
}

int count_of(const testing::Folder& folder, const std::string& table) {
  return SQLite::Database(folder.database().string()).execAndGet("SELECT count(*) FROM " + table).getInt();
}

void expect_kept(const testing::Folder& folder, const std::string& run) {
  const auto texts = must_read(folder)->kernel_texts(run);
  ASSERT_EQ(error_of(texts), "");
  ASSERT_EQ(texts->size(), 1U);
  EXPECT_TRUE(texts->at("before").config == config);
  EXPECT_THAT(texts->at("before").patches, ElementsAre(patch));
}

TEST(Texts, AreKeptOnceForAllRuns) {
  const testing::Folder folder;
  for (const auto* run : {"a", "b", "c"}) {
    write_run(folder, run, {config, {patch}});
    expect_kept(folder, run);
  }
  EXPECT_EQ(count_of(folder, "text"), 2);
  EXPECT_EQ(count_of(folder, "kernel_text"), 6);
  EXPECT_LT(std::filesystem::file_size(folder.database()), 1U << 20U);
}

TEST(Texts, AreThoseThatTheKernelHadLast) {
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  ASSERT_TRUE(store->begin_run(testing::a_run("r")));
  ASSERT_TRUE(store->add_kernel("r", {"before", "k1", "6.12", "{}"}, {"other", {"x", "y"}}));
  ASSERT_TRUE(store->add_kernel("r", {"before", "k1", "6.12", "{}"}, {config, {patch}}));
  expect_kept(folder, "r");
}

TEST(Texts, AreNotKeptBeyondABound) {
  const testing::Folder folder;
  const std::string large(20U << 20U, 'x');
  write_run(folder, "r", {config, {large, large, patch}});
  const auto texts = must_read(folder)->kernel_texts("r");
  ASSERT_EQ(error_of(texts), "");
  EXPECT_EQ(texts->at("before").patches.size(), 2U) << "one of the large, and the small one";
}

TEST(Texts, GoWithTheLastRunThatHasThem) {
  const testing::Folder folder;
  write_run(folder, "a", {config, {patch}});
  write_run(folder, "b", {config, {}});
  ASSERT_EQ(error_of(remove_runs(folder.database(), {"a"})), "");
  EXPECT_EQ(count_of(folder, "text"), 1);
  ASSERT_EQ(error_of(remove_runs(folder.database(), {"b"})), "");
  EXPECT_EQ(count_of(folder, "text"), 0);
  EXPECT_EQ(count_of(folder, "kernel_text"), 0);
}

TEST(Texts, ComeWithAnImportedRun) {
  const testing::Folder from;
  const testing::Folder into;
  write_run(from, "theirs", {config, {patch}});
  write_run(into, "ours", {config, {}});
  for (int time = 0; time < 2; ++time) {
    ASSERT_EQ(error_of(merge_results(into.database(), from.database())), "");
    expect_kept(into, "theirs");
    EXPECT_EQ(count_of(into, "text"), 2);
  }
}

TEST(Texts, OfAReplacedRunGo) {
  const testing::Folder less;
  const testing::Folder more;
  write_run(less, "r", {"of the copy", {}});
  write_run(more, "r", {config, {patch}});
  const auto record = testing::a_record({"before", "m", "w", 0}, trial::Outcome::pass);
  ASSERT_TRUE(testing::must_open(more.database())->sink("r").end_trial(record));
  ASSERT_TRUE(testing::must_open(more.database())->end_run("r", "finished", {}));
  const auto merged = merge_results(less.database(), more.database());
  ASSERT_EQ(error_of(merged), "");
  EXPECT_EQ(merged->front().fate, MergedRun::Fate::replaced);
  expect_kept(less, "r");
  EXPECT_EQ(count_of(less, "text"), 2);
}

TEST(Texts, AreRefusedWhereAssayDidNotWriteThem) {
  const auto text_of_zeros = [](std::size_t size) {
    const std::string zeros(size, '\0');
    std::string hex;
    for (const char byte : gzipped(zeros)) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return fmt::format(
        "UPDATE text SET size = {}, data = x'{}', sha256 = '{}'; "
        "UPDATE kernel_text SET sha256 = '{}'",
        size, hex, sha256(zeros), sha256(zeros));
  };
  for (const auto& statement : {
           std::string("UPDATE text SET data = x'00'"),
           std::string("UPDATE text SET data = zeroblob(100000)"),
           std::string("UPDATE text SET data = substr(data, 1, length(data) / 2)"),
           std::string("UPDATE text SET size = size + 1"),
           std::string("UPDATE text SET size = size - 1"),
           std::string("UPDATE text SET size = -1"),
           std::string("UPDATE text SET size = 1 << 40"),
           std::string("UPDATE text SET sha256 = char(27) || '[31m'; UPDATE kernel_text SET sha256 = "
                       "char(27) || '[31m'"),
           std::string("UPDATE kernel_text SET kind = char(27) || '[31m'"),
           std::string("DELETE FROM text"),
           text_of_zeros(33U << 20U),
       }) {
    const testing::Folder folder;
    write_run(folder, "r", {config, {}});
    execute(folder, "PRAGMA foreign_keys = OFF; " + statement);
    const auto read = must_read(folder)->kernel_texts("r");
    EXPECT_NE(error_of(read).find(folder.database().string()), std::string::npos)
        << statement << error_of(read);
    EXPECT_EQ(error_of(read).find('\x1b'), std::string::npos);
    EXPECT_TRUE(must_read(folder)->trials("r")) << "what else the run has";
    const testing::Folder into;
    const auto merged = merge_results(into.database(), folder.database());
    EXPECT_NE(error_of(merged).find(folder.database().string()), std::string::npos) << error_of(merged);
    EXPECT_EQ(count_of(into, "run") + count_of(into, "text") + count_of(into, "kernel_text"), 0);
  }
}

TEST(Texts, OfNoKernelAreNobodys) {
  const testing::Folder folder;
  write_run(folder, "r", {config, {patch}});
  execute(folder,
          "PRAGMA foreign_keys = OFF; INSERT INTO kernel_text SELECT run, 'no', 0, kind, 'x' FROM kernel_text"
          " WHERE position = 0");
  expect_kept(folder, "r");
  const testing::Folder into;
  ASSERT_EQ(error_of(merge_results(into.database(), folder.database())), "");
  expect_kept(into, "r");
}

/// As the Assay of that version left it, with a run and a kernel.
void write_old(const testing::Folder& folder, std::size_t version) {
  SQLite::Database database(folder.database().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(database, migrations().first(version));
  database.exec(R"sql(
    INSERT INTO run VALUES (1, 'r', 'e', 't', '', '{}', '{}', '2026-11-21T05:15:02Z', '', 'finished', 2, 0, 0, '');
    INSERT INTO kernel VALUES (1, 0, 'before', 'k1', '6.12', '{}');)sql");
}

TEST(Texts, OfOlderVersionsAreNone) {
  for (std::size_t version = 1; version < migrations().size(); ++version) {
    const testing::Folder folder;
    write_old(folder, version);
    const auto is_old = [&] {
      return SQLite::Database(folder.database().string()).execAndGet("PRAGMA user_version").getInt() ==
             static_cast<int>(version);
    };
    const auto read = must_read(folder)->kernel_texts("r");
    ASSERT_EQ(error_of(read), "") << version;
    EXPECT_TRUE(read->empty());
    EXPECT_TRUE(is_old()) << "reading writes nothing";
    const testing::Folder into;
    ASSERT_EQ(error_of(merge_results(into.database(), folder.database())), "");
    EXPECT_EQ(must_read(into)->runs()->front().kernels.size(), 1U);
    EXPECT_TRUE(is_old()) << "taking from it writes nothing there";

    const auto store = testing::must_open(folder.database());
    EXPECT_FALSE(is_old());
    EXPECT_TRUE(store->kernel_texts("r")->empty());
    ASSERT_EQ(error_of(store->add_kernel("r", {"before", "k1", "6.12", "{}"}, {config, {patch}})), "");
    expect_kept(folder, "r");
  }
}

}  // namespace
}  // namespace assay::store
