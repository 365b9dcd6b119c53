// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/runs.hpp"

#include "store/writer.hpp"
#include "store_samples.hpp"

#include <cmath>
#include <limits>

namespace assay::store {
namespace {

using testing::a_run;
using testing::error_of;
using testing::hostile;

std::vector<RunInfo> three_runs() {
  auto runs = std::vector{a_run("20261122-010000-swap-leak"), a_run("20261121-060000-shared-fault"),
                          a_run("20261121-051502-shared-fault")};
  runs[0].experiment = "swap-leak";
  return runs;
}

TEST(ChooseRun, ByIdPrefixPartOrLast) {
  const auto runs = three_runs();
  EXPECT_EQ(choose_run(runs, "20261121-060000-shared-fault")->id, runs[1].id);
  EXPECT_EQ(choose_run(runs, "20261121-05")->id, runs[2].id);
  EXPECT_EQ(choose_run(runs, "swap")->id, runs[0].id);
  EXPECT_EQ(choose_run(runs, "last")->id, runs[0].id);
}

TEST(ChooseRun, PrefersAnIdToAPrefixAndAPrefixToAPart) {
  const std::vector<RunInfo> runs{a_run("ab"), a_run("abc"), a_run("xbc")};
  EXPECT_EQ(choose_run(runs, "ab")->id, "ab");
  EXPECT_EQ(choose_run(runs, "x")->id, "xbc");
  EXPECT_EQ(choose_run({a_run("b-1"), a_run("a-b")}, "b")->id, "b-1");
}

TEST(ChooseRun, ListsTheCandidates) {
  const auto found = choose_run(three_runs(), "shared-fault");
  EXPECT_EQ(error_of(found),
            "cannot find run \"shared-fault\": it may be 20261121-060000-shared-fault and "
            "20261121-051502-shared-fault");
  EXPECT_EQ(found.error().kind(), Failure::usage);
  std::vector<RunInfo> many;
  for (int i = 10; i < 30; ++i) {
    many.push_back(a_run("r" + std::to_string(i)));
  }
  EXPECT_TRUE(error_of(choose_run(many, "r")).ends_with("r17 and 12 more"))
      << error_of(choose_run(many, "r"));
}

TEST(ChooseRun, NamesWhatIsNear) {
  EXPECT_EQ(error_of(choose_run(three_runs(), "shared-fualt")),
            "cannot find run \"shared-fualt\": no run has this in its name; did you mean \"shared-fault\"?");
  EXPECT_EQ(error_of(choose_run(three_runs(), "zzz\x1b")),
            "cannot find run \"zzz\\x1b\": no run has this in its name; the last run is "
            "20261122-010000-swap-leak");
  EXPECT_EQ(error_of(choose_run({}, "last")), "cannot find run \"last\": there are no runs yet");
}

TEST(Runs, ComeBackAsTheyWereWrittenTheNewestFirst) {
  const testing::Folder folder;
  auto older = a_run("older");
  auto newer = a_run("newer");
  newer.started = "2026-11-21T05:15:03Z";
  newer.title = hostile();
  newer.experiment_toml = std::string(1U << 20U, '#');
  newer.kernels = {{"before", "k1", "6.12.117", "{}"}};
  const auto same_second = a_run("same-second");
  {
    const auto store = testing::must_open(folder.database());
    for (const auto& run : {newer, older, same_second}) {
      ASSERT_EQ(error_of(store->begin_run(run)), "");
    }
    ASSERT_EQ(error_of(store->add_kernel("newer", {"after", "k3", hostile(), "{\"a\":1}"}, {})), "");
    ASSERT_EQ(error_of(store->add_kernel("newer", {"before", "k2", "6.12.118", "{}"}, {})), "");
  }
  const auto store = testing::must_open(folder.database());
  const auto runs = store->runs();
  ASSERT_EQ(error_of(runs), "");
  ASSERT_EQ(runs->size(), 3U);
  const auto& read = runs->front();
  EXPECT_EQ(read.id, "newer");
  EXPECT_EQ(read.title, newer.title);
  EXPECT_EQ(read.experiment_toml, newer.experiment_toml);
  EXPECT_EQ(read.settings, newer.settings);
  EXPECT_EQ(read.started, newer.started);
  EXPECT_EQ(read.finished, "");
  EXPECT_EQ(read.planned, 8U);
  ASSERT_EQ(read.kernels.size(), 2U);
  EXPECT_EQ(read.kernels[0].id, "k2");
  EXPECT_EQ(read.kernels[1].release, hostile());
  EXPECT_EQ((*runs)[1].id, "same-second");
  EXPECT_EQ((*runs)[2].id, "older");
  EXPECT_EQ(store->find_run("last")->id, "newer");
}

TEST(Runs, AreBegunOnce) {
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  ASSERT_EQ(error_of(store->begin_run(a_run("r"))), "");
  EXPECT_EQ(error_of(store->begin_run(a_run("r"))), "cannot begin run r: there is a run of this id already");
  EXPECT_EQ(error_of(store->end_run("s", "finished", {})), "cannot end run s: there is no run \"s\"");
}

TEST(Runs, EndAndGoOnWhenResumed) {
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  ASSERT_EQ(error_of(store->begin_run(a_run("r"))), "");
  EXPECT_EQ(store->find_run("r")->state, "running");
  ASSERT_EQ(error_of(store->end_run("r", "interrupted", {})), "");
  EXPECT_EQ(store->find_run("r")->state, "interrupted");
  EXPECT_EQ(store->find_run("r")->finished.size(), a_run("r").started.size());
  ASSERT_EQ(error_of(store->sink("r").begin_trial({"a", "b", "c", 0}, 1)), "");
  EXPECT_EQ(store->find_run("r")->state, "running");
  EXPECT_EQ(store->find_run("r")->finished, "");
}

TEST(Runs, CanBePlannedAnew) {
  const testing::Folder folder;
  const auto store = testing::must_open(folder.database());
  ASSERT_EQ(error_of(store->begin_run(a_run("r"))), "");
  ASSERT_EQ(error_of(store->replan("r", 4711, R"({"trials":7})")), "");
  EXPECT_EQ(store->find_run("r")->planned, 4711U);
  EXPECT_EQ(store->find_run("r")->settings, R"({"trials":7})");
  EXPECT_EQ(error_of(store->replan("s", 1, "{}")), "cannot plan run s anew: there is no run \"s\"");
}

TEST(Writer, IsAliveOnlyAsTheSameProcessOfTheSameBoot) {
  const auto self = this_process();
  EXPECT_TRUE(alive(self));
  EXPECT_FALSE(alive({self.pid, self.start - 1, self.boot}));
  EXPECT_FALSE(alive({self.pid, self.start, "another boot"}));
  EXPECT_FALSE(alive({0, self.start, self.boot}));
}

TEST(Verdicts, ComeBackAsTheyWereWritten) {
  const testing::Folder folder;
  verdict::ClaimVerdict full{"c1", hostile(), "a / b", "rule", verdict::Verdict::inconclusive, "why", {}, 3};
  full.sides.push_back({"before",
                        ">= 0.9",
                        {0.1, std::numeric_limits<double>::infinity(), std::nan(""), 5e-324, 3.0},
                        1,
                        2,
                        3,
                        {"lost", hostile()}});
  full.sides.push_back({"after", "less", {2, 1}, 0, 0, 0, {}});
  full.sides.back().sources = {{"pc", 0}, {hostile(), 3}};
  full.sides.back().estimate = verdict::Estimate{1.5, {-std::numeric_limits<double>::infinity(), 2}};
  full.test = verdict::Test{"a test", 0.9, {-3, {-4, -2.5}}, 1e-300, 0.04, 7, 2, 5};
  const verdict::ClaimVerdict bare{"c2", "", "", "", verdict::Verdict::not_run, "", {}, 0};
  {
    const auto store = testing::must_open(folder.database());
    ASSERT_EQ(error_of(store->begin_run(a_run("r"))), "");
    ASSERT_EQ(error_of(store->end_run("r", "interrupted", {bare, bare, bare})), "");
    ASSERT_EQ(error_of(store->end_run("r", "finished", {full, bare})), "");
  }
  const auto read = testing::must_open(folder.database())->verdicts("r");
  ASSERT_EQ(error_of(read), "");
  ASSERT_EQ(read->size(), 2U);
  const auto& first = read->front();
  EXPECT_EQ(first.claim, "c1");
  EXPECT_EQ(first.says, hostile());
  EXPECT_EQ(first.figure, "a / b");
  EXPECT_EQ(first.rule, "rule");
  EXPECT_EQ(first.verdict, verdict::Verdict::inconclusive);
  EXPECT_EQ(first.reason, "why");
  EXPECT_EQ(first.more_trials, 3U);
  ASSERT_EQ(first.sides.size(), 2U);
  const auto& side = first.sides.front();
  EXPECT_EQ(side.variant, "before");
  EXPECT_EQ(side.expected, ">= 0.9");
  ASSERT_EQ(side.values.size(), 5U);
  EXPECT_EQ(side.values[0], 0.1);
  EXPECT_EQ(side.values[1], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(side.values[2]));
  EXPECT_EQ(side.values[3], 5e-324);
  EXPECT_EQ(side.findings, 1U);
  EXPECT_EQ(side.unmet, 2U);
  EXPECT_EQ(side.unusable, 3U);
  EXPECT_EQ(side.why_unusable, (std::vector<std::string>{"lost", hostile()}));
  EXPECT_TRUE(side.sources.empty());
  EXPECT_FALSE(side.estimate);
  const auto& after = first.sides.back();
  ASSERT_EQ(after.sources.size(), 2U);
  EXPECT_EQ(after.sources[1].machine, hostile());
  EXPECT_EQ(after.sources[1].repeat, 3U);
  ASSERT_TRUE(after.estimate);
  EXPECT_EQ(after.estimate->value, 1.5);
  EXPECT_EQ(after.estimate->interval.low, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(after.estimate->interval.high, 2);
  ASSERT_TRUE(first.test);
  EXPECT_EQ(first.test->method, "a test");
  EXPECT_EQ(first.test->confidence, 0.9);
  EXPECT_EQ(first.test->effect.value, -3);
  EXPECT_EQ(first.test->effect.interval.low, -4);
  EXPECT_EQ(first.test->effect.interval.high, -2.5);
  EXPECT_EQ(first.test->p, 1e-300);
  EXPECT_EQ(first.test->p_adjusted, 0.04);
  EXPECT_EQ(first.test->claims, 7U);
  EXPECT_EQ(first.test->look, 2U);
  EXPECT_EQ(first.test->looks, 5U);
  EXPECT_EQ((*read)[1].verdict, verdict::Verdict::not_run);
  EXPECT_FALSE((*read)[1].test);
}

}  // namespace
}  // namespace assay::store
