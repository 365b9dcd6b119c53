// SPDX-License-Identifier: GPL-2.0-or-later
// Many guests: what is tried again, given up, stopped, and how many run at once.
#include "fake_run.hpp"

#include <gmock/gmock.h>

namespace assay::trial::fake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

Task<> healthy(Inside& guest) {
  co_await guest.hello();
  co_await guest.serve();
}

Task<> slow(Inside& guest) {
  co_await pause_for(200ms);
  co_await guest.hello();
  co_await guest.serve();
}

Task<> panics_at_boot(Inside& guest) {
  guest.print(
      "[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs\n"
      "[    0.5] ---[ end Kernel panic - not syncing: VFS ]---\n");
  co_await guest.order();
}

Task<> never_says_hello(Inside& guest) {
  guest.print("[    0.5] still here\n");
  co_await guest.order();
}

class Scheduling : public FakeRun {};

TEST_F(Scheduling, ACreateThatFailsOnceIsTriedAgain) {
  only_variant_a();
  hypervisor_->failing_creates = 1;
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
  EXPECT_EQ(record("a", "one").attempts, 2U);
}

TEST_F(Scheduling, ACreateThatFailsTwiceIsLost) {
  only_variant_a();
  hypervisor_->failing_creates = 2;
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one lost", "a/two pass"));
  EXPECT_EQ(record("a", "one").reason, "cannot create the guest: QEMU does not start");
  EXPECT_TRUE(record("a", "one").counters.empty());
  EXPECT_TRUE(record("a", "one").findings.empty());
}

TEST_F(Scheduling, AHostThatCreatesNothingIsGivenUp) {
  experiment_.trials = 20;
  hypervisor_->failing_creates = 1000;
  const auto end = run();
  EXPECT_EQ(end.fatal, "cannot create the guest: QEMU does not start");
  EXPECT_LT(sink_.records.size(), 10U);
}

TEST_F(Scheduling, AVariantThatPanicsAtBootTwiceIsUnbootableAndTheRestGoesOn) {
  experiment_.trials = 2;
  hypervisor_->cast = [](const machine::BootSpec& boot, unsigned) -> Script {
    return boot.kernel == "a" ? panics_at_boot : healthy;
  };
  const auto end = run();
  EXPECT_THAT(end.unbootable, ElementsAre("a on small"));
  EXPECT_THAT(end.boot_error,
              HasSubstr("kernel variant a on small does not boot: Kernel panic - not syncing: VFS"));
  EXPECT_EQ(end.fatal, "");
  EXPECT_THAT(outcomes(), ElementsAre("b/one pass", "b/two pass", "b/one pass", "b/two pass"));
}

TEST_F(Scheduling, AVariantWithoutHelloIsUnbootable) {
  patience_.boot = 1s;
  hypervisor_->cast = [](const machine::BootSpec& boot, unsigned) -> Script {
    return boot.kernel == "a" ? never_says_hello : healthy;
  };
  const auto end = run();
  EXPECT_THAT(end.unbootable, ElementsAre("a on small"));
  EXPECT_THAT(end.boot_error, HasSubstr("no hello from the agent within 1.0 s"));
  EXPECT_THAT(end.boot_error, HasSubstr("still here"));
  EXPECT_THAT(outcomes(), ElementsAre("b/one pass", "b/two pass"));
}

TEST_F(Scheduling, OneBadBootIsNoVerdictOnTheVariant) {
  only_variant_a();
  guests({panics_at_boot, healthy});
  const auto end = run();
  EXPECT_TRUE(end.unbootable.empty());
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
}

TEST_F(Scheduling, AnInterruptKeepsWhatIsFinished) {
  sink_.on_end = [this](const TrialRecord&) {
    if (sink_.records.size() == 1) {
      interrupt_.request();
    }
    return Status();
  };
  experiment_.trials = 10;
  const auto end = run();
  EXPECT_TRUE(end.interrupted);
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass")) << "no further guest is started";
  EXPECT_EQ(hypervisor_->created, 1U);
}

TEST_F(Scheduling, AnInterruptStopsARunningTrialAtOnce) {
  every_guest([](Inside& guest) -> Task<> {
    co_await guest.hello();
    co_await guest.live();
  });
  asio::steady_timer timer(io_, 300ms);
  timer.async_wait([this](auto) { interrupt_.request(); });
  const auto begin = Clock::now();
  EXPECT_TRUE(run().interrupted);
  EXPECT_LT(Clock::now() - begin, 10s);
  EXPECT_TRUE(sink_.records.empty()) << "an unfinished trial has no outcome";
}

TEST_F(Scheduling, AnInterruptBeforeTheStartStartsNothing) {
  interrupt_.request();
  EXPECT_TRUE(run().interrupted);
  EXPECT_EQ(hypervisor_->created, 0U);
}

TEST_F(Scheduling, AsManyGuestsAtOnceAsMayBe) {
  every_guest(slow);
  experiment_.trials = 4;
  run({3, gib(64)});
  EXPECT_EQ(hypervisor_->most_alive, 3U);
  EXPECT_EQ(sink_.records.size(), 16U);
  EXPECT_EQ(observer_.slots_freed, 8U);
}

TEST_F(Scheduling, MemoryLimitsTheGuestsAtOnce) {
  every_guest(slow);
  experiment_.trials = 2;
  experiment_.machines.front().memory = mib(512);
  run({8, mib(1300)});
  EXPECT_EQ(hypervisor_->most_alive, 2U);
  EXPECT_EQ(sink_.records.size(), 8U);
}

TEST_F(Scheduling, AGuestThatIsTooLargeRunsAlone) {
  every_guest(slow);
  run({8, mib(100)});
  EXPECT_EQ(hypervisor_->most_alive, 1U);
  EXPECT_EQ(sink_.records.size(), 4U);
}

TEST_F(Scheduling, ASinkThatCannotKeepARecordLosesTheRun) {
  sink_.on_end = [](const TrialRecord&) -> Status {
    return fail(Failure::infrastructure, "cannot write the results: No space left on device");
  };
  EXPECT_THAT(run().fatal, HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace assay::trial::fake
