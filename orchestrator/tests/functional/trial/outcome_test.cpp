// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that do what they should, or whose channel cannot be trusted.
#include "fake_run.hpp"

#include <gmock/gmock.h>

namespace assay::trial::fake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Outcomes : public FakeRun {
 protected:
  /// Guest 0 is `hostile`, the next is well: the trial is tried again and passes.
  void expect_second_try(Script hostile, const std::string& why) {
    only_variant_a();
    guests({std::move(hostile), healthy});
    run();
    EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
    EXPECT_EQ(record("a", "one").attempts, 2U);
    ASSERT_EQ(observer_.notes.size(), 1U);
    EXPECT_THAT(observer_.notes.front(), HasSubstr(why));
    EXPECT_EQ(hypervisor_->created, 2U);
  }

  // GCC 12 takes no initializer list inside a coroutine.
  static link::sample::Bytes two_by_two(std::uint64_t order) {
    return link::sample::samples(order, {1, 2}, {3, 4}, {5, 6, 7, 8});
  }

  static Task<> healthy(Inside& guest) {
    co_await guest.hello();
    co_await guest.serve();
  }
};

TEST_F(Outcomes, PassWithCountersInInterleavedOrder) {
  experiment_.trials = 2;
  const auto end = run();
  EXPECT_FALSE(end.interrupted);
  EXPECT_EQ(end.fatal, "");
  EXPECT_THAT(hypervisor_->variants, ElementsAre("a", "b", "b", "a"));
  ASSERT_EQ(sink_.records.size(), 8U);
  EXPECT_THAT(observer_.trials, testing::Each("pass"));
  const auto& first = sink_.records.front();
  EXPECT_EQ(first.counter("touches") != nullptr ? *first.counter("touches") : 0, 4096);
  EXPECT_EQ(first.measured, Nanoseconds(2000));
  EXPECT_EQ(first.kernel_id, "id-a");
  EXPECT_EQ(first.attempts, 1U);
  for (const auto* file : {"console.log", "guest.json", "hello.json", "machine.xml", "trial-one.json"}) {
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(folder_) / first.folder / file)) << file;
  }
}

TEST_F(Outcomes, FailByACheck) {
  every_guest([](Inside& guest) -> Task<> {
    link::sample::ResultWords words;
    words.check_ok = false;
    co_await guest.hello();
    co_await guest.serve(words);
  });
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one fail", "a/two fail", "b/one fail", "b/two fail"));
  EXPECT_EQ(record("a", "one").reason, "check content failed: page 3 differs");
}

TEST_F(Outcomes, SkipAndAKilledWorker) {
  only_variant_a();
  every_guest([](Inside& guest) -> Task<> {
    link::sample::ResultWords words{wire::Fate::finished, wire::Outcome::skip, "no userfaultfd", true, 0};
    co_await guest.hello();
    const auto first = co_await guest.order();
    co_await guest.send(link::sample::result(first.value_or(0), words));
    words = {wire::Fate::oom_killed, wire::Outcome::none, "", true, 9};
    co_await guest.serve(words);
  });
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one skip", "a/two fail"));
  EXPECT_EQ(record("a", "one").reason, "no userfaultfd");
  EXPECT_EQ(record("a", "two").reason, "the guest's OOM killer ended the worker");
}

TEST_F(Outcomes, WhatStreamsInReachesTheSink) {
  only_variant_a();
  every_guest([](Inside& guest) -> Task<> {
    co_await guest.hello();
    const auto order = (co_await guest.order()).value_or(0);
    co_await guest.send(link::sample::metrics(order));
    co_await guest.send(two_by_two(order));
    co_await guest.send(link::sample::event(order, "begin\x1b[2J"));
    co_await guest.send(link::sample::heartbeat(0, 3));
    co_await guest.send(link::sample::result(order - 1));  // of an order that was never given
    co_await guest.send(link::sample::result(order));
    co_await guest.serve();
  });
  run();
  EXPECT_EQ(sink_.metrics, 2U);
  EXPECT_EQ(sink_.values, 4U);
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(sink_.events.front().name, "begin\\x1b[2J");
  EXPECT_EQ(record("a", "one").dropped_samples, 3U);
}

TEST_F(Outcomes, GarbageIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        co_await guest.send_raw(link::sample::Bytes(64, std::byte{'x'}));
        co_await guest.live();
      },
      "a frame does not begin with the magic number");
}

TEST_F(Outcomes, GarbageTwiceIsLostWithTheReason) {
  only_variant_a();
  every_guest([](Inside& guest) -> Task<> {
    co_await guest.hello();
    co_await guest.order();
    if (guest.workload() == "idle" && guest.number() < 2) {
      co_await guest.send_raw(link::sample::Bytes(64, std::byte{'x'}));
    }
    co_await guest.send(link::sample::result(1));
    co_await guest.serve();
  });
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one lost", "a/two pass"));
  EXPECT_THAT(record("a", "one").reason, HasSubstr("the guest sent garbage"));
  EXPECT_EQ(record("a", "one").attempts, 2U);
  EXPECT_EQ(record("a", "two").attempts, 1U);
}

TEST_F(Outcomes, AFloodIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        bool heard = true;
        while (heard) {
          heard = co_await guest.send(link::sample::log(std::string(1'000'000, 'x')));
        }
      },
      "the guest floods the channel: more than 16777216 bytes of log");
}

TEST_F(Outcomes, AFrameThatStopsInTheMiddleIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        auto frame = link::sample::framed(link::sample::result(1), 1);
        frame.resize(30);
        co_await guest.send_raw(std::move(frame));
      },
      "stopped in the middle of a frame: 30 bytes came");
}

TEST_F(Outcomes, HelloTwiceIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        co_await guest.hello();
        co_await guest.live();
      },
      "the guest said hello twice");
}

TEST_F(Outcomes, AGuestThatEndsIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        guest.print("[    3.000000] reboot: Power down\n");
        guest.end("guest powered off");
      },
      "guest powered off; the last console lines were:");
}

TEST_F(Outcomes, AClosedChannelIsTriedAgain) {
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.order();
        guest.hang_up();
      },
      "the guest's channel closed");
}

TEST_F(Outcomes, AnAgentThatForgetsItsOrderIsTriedAgain) {
  experiment_.timeout = std::chrono::milliseconds(200);
  patience_.overtime = std::chrono::milliseconds(200);
  expect_second_try(
      [](Inside& guest) -> Task<> {
        co_await guest.hello();
        co_await guest.live();
      },
      "the agent lives, but gave no result");
}

TEST_F(Outcomes, TheRealAgentRunsItsWorkloads) {
  hypervisor_->real_agent = true;
  experiment_.sampling = {std::chrono::milliseconds(10), {"vmstat"}};
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass", "b/one pass", "b/two pass"));
  EXPECT_GT(sink_.metrics, 0U);
  EXPECT_GT(sink_.values, 0U);
  EXPECT_GE(record("a", "one").measured, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace assay::trial::fake
