// SPDX-License-Identifier: GPL-2.0-or-later
#include "store_samples.hpp"

#include <array>
#include <limits>

namespace assay::store {
namespace {

using testing::a_record;
using testing::a_run;
using testing::error_of;
using testing::expect_same;
using testing::hostile;
using trial::Outcome;
using trial::TrialKey;

constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
constexpr auto highest = std::numeric_limits<std::int64_t>::max();
constexpr auto latest = std::numeric_limits<std::uint64_t>::max();

class Trials : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(error_of(store_->begin_run(a_run("r1"))), "");
    ASSERT_EQ(error_of(store_->begin_run(a_run("r2"))), "");
  }

  /// As a later process would find it.
  void reopen() {
    store_.reset();
    store_ = testing::must_open(folder_.database());
  }

  testing::Folder folder_;
  std::unique_ptr<Store> store_ = testing::must_open(folder_.database());
  const TrialKey key_{"before", "pc", "shared", 0};
};

TEST_F(Trials, ComeBackAsTheyWereWritten) {
  const std::array outcomes{Outcome::pass, Outcome::fail, Outcome::finding, Outcome::skip, Outcome::lost};
  std::vector<trial::TrialRecord> written;
  for (unsigned i = 0; i < outcomes.size(); ++i) {
    written.push_back(a_record({"before", hostile(), "shared", i}, outcomes.at(i)));
    ASSERT_EQ(error_of(store_->sink("r1").begin_trial(written.back().key, written.back().seed)), "");
    ASSERT_EQ(error_of(store_->sink("r1").end_trial(written.back())), "");
  }
  reopen();
  const auto read = store_->trials("r1");
  ASSERT_EQ(error_of(read), "");
  ASSERT_EQ(read->size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    expect_same((*read)[i], written[i]);
  }
  EXPECT_TRUE(store_->trials("r2")->empty());
}

TEST_F(Trials, AreNoResultUntilTheyEnd) {
  ASSERT_EQ(error_of(store_->sink("r1").begin_trial(key_, 1)), "");
  EXPECT_TRUE(store_->trials("r1")->empty());
  EXPECT_EQ(store_->find_run("r1")->done, 0U);
  ASSERT_EQ(error_of(store_->sink("r1").end_trial(a_record(key_, Outcome::pass))), "");
  EXPECT_EQ(store_->trials("r1")->size(), 1U);
  EXPECT_EQ(store_->find_run("r1")->done, 1U);
}

TEST_F(Trials, MayBeLostBeforeTheyBegan) {
  ASSERT_EQ(error_of(store_->sink("r1").end_trial(a_record(key_, Outcome::lost))), "");
  EXPECT_EQ(store_->trials("r1")->front().outcome, Outcome::lost);
}

TEST_F(Trials, BegunAgainReplaceTheFirstAttempt) {
  auto& sink = store_->sink("r1");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  ASSERT_EQ(error_of(sink.add_metrics(key_, {{1, "old", "pages"}})), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{10}, {1}, {5}})), "");
  ASSERT_EQ(error_of(sink.add_event(key_, {1, "old", "", 0})), "");
  ASSERT_EQ(error_of(sink.end_trial(a_record(key_, Outcome::lost))), "");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  EXPECT_TRUE(store_->trials("r1")->empty());
  auto second = a_record(key_, Outcome::pass);
  second.counters = {{"other", 3}};
  ASSERT_EQ(error_of(sink.add_event(key_, {2, "new", "", 0})), "");
  ASSERT_EQ(error_of(sink.end_trial(second)), "");
  ASSERT_EQ(store_->trials("r1")->size(), 1U);
  expect_same(store_->trials("r1")->front(), second);
  EXPECT_TRUE(store_->samples("r1", key_, "")->empty());
  ASSERT_EQ(store_->events("r1", key_)->size(), 1U);
  EXPECT_EQ(store_->events("r1", key_)->front().name, "new");
}

TEST_F(Trials, KeepExtremeSamplesOfManyBatches) {
  auto& sink = store_->sink("r1");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  ASSERT_EQ(error_of(sink.add_metrics(key_, {{7, "nr_free", "pages"}, {2, hostile(), ""}})), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{0, latest}, {7, 2}, {lowest, highest, highest, lowest}})), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{}, {7}, {}})), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{5}, {}, {}})), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{1}, {7, 99}, {0, -1}})), "");
  ASSERT_EQ(error_of(sink.end_trial(a_record(key_, Outcome::pass))), "");
  reopen();
  const auto read = store_->samples("r1", key_, "");
  ASSERT_EQ(error_of(read), "");
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[0].name, hostile());
  EXPECT_EQ((*read)[0].times, (std::vector<std::uint64_t>{0, latest}));
  EXPECT_EQ((*read)[0].values, (std::vector<std::int64_t>{highest, lowest}));
  EXPECT_EQ((*read)[1].name, "nr_free");
  EXPECT_EQ((*read)[1].unit, "pages");
  EXPECT_EQ((*read)[1].times, (std::vector<std::uint64_t>{0, latest, 1}));
  EXPECT_EQ((*read)[1].values, (std::vector<std::int64_t>{lowest, highest, 0}));
  EXPECT_EQ((*read)[2].name, "#99");

  const auto one = store_->samples("r1", key_, "nr_free");
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ(one->front().values, (*read)[1].values);
  EXPECT_TRUE(store_->samples("r1", key_, "no such metric")->empty());
  EXPECT_TRUE(store_->samples("r2", key_, "")->empty());
}

TEST_F(Trials, KeepEventsInTheirOrder) {
  auto& sink = store_->sink("r1");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  ASSERT_EQ(error_of(sink.add_event(key_, {latest, hostile(), std::string(1U << 20U, 'x'), lowest})), "");
  ASSERT_EQ(error_of(sink.add_event(key_, {0, "", "", highest})), "");
  ASSERT_EQ(error_of(sink.end_trial(a_record(key_, Outcome::pass))), "");
  reopen();
  const auto read = store_->events("r1", key_);
  ASSERT_EQ(error_of(read), "");
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].time_ns, latest);
  EXPECT_EQ((*read)[0].name, hostile());
  EXPECT_EQ((*read)[0].detail, std::string(1U << 20U, 'x'));
  EXPECT_EQ((*read)[0].value, lowest);
  EXPECT_EQ((*read)[1].value, highest);
}

TEST_F(Trials, OfSeveralGuestsMayInterleave) {
  const TrialKey other{"after", "pc", "shared", 0};
  auto& sink = store_->sink("r1");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  ASSERT_EQ(error_of(sink.begin_trial(other, 2)), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{1}, {1}, {10}})), "");
  ASSERT_EQ(error_of(sink.add_samples(other, {{2}, {1}, {20}})), "");
  ASSERT_EQ(error_of(sink.end_trial(a_record(other, Outcome::pass))), "");
  ASSERT_EQ(error_of(sink.add_samples(key_, {{3}, {1}, {11}})), "");
  ASSERT_EQ(error_of(sink.end_trial(a_record(key_, Outcome::pass))), "");
  EXPECT_EQ(store_->samples("r1", key_, "")->front().values, (std::vector<std::int64_t>{10, 11}));
  EXPECT_EQ(store_->samples("r1", other, "")->front().values, (std::vector<std::int64_t>{20}));
}

TEST_F(Trials, RefuseWhatDoesNotFit) {
  auto& sink = store_->sink("r1");
  EXPECT_EQ(error_of(sink.add_samples(key_, {{1}, {1}, {1}})),
            "cannot write trial before/pc/shared #0 of run r1: it was not begun, or has ended");
  ASSERT_EQ(error_of(sink.begin_trial(key_, 1)), "");
  EXPECT_EQ(
      error_of(sink.add_samples(key_, {{1, 2}, {1}, {1}})),
      "cannot write trial before/pc/shared #0 of run r1: a batch has 1 values for 2 times and 1 metrics");
  EXPECT_EQ(error_of(store_->sink("r9").begin_trial(key_, 1)),
            "cannot begin trial before/pc/shared #0 of run r9: there is no run \"r9\"");
  EXPECT_EQ(error_of(store_->trials("r9")), "cannot read trials of run r9: there is no run \"r9\"");
}

}  // namespace
}  // namespace assay::store
