// SPDX-License-Identifier: GPL-2.0-or-later
// Guests whose kernel misbehaves: a result, not a failure of ours.
#include "fake_run.hpp"

#include <gmock/gmock.h>

namespace assay::trial::fake {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* warning =
    "[    5.400420] WARNING: CPU: 1 PID: 58 at mm/gup.c:74 try_grab_folio+0x98/0x150\n"
    "[    5.401330] RIP: 0010:try_grab_folio+0x98/0x150\n"
    "[    5.402020] Call Trace:\n"
    "[    5.403070]  __get_user_pages+0x1e3/0x8e0\n"
    "[    5.403490] ---[ end trace 0000000000000000 ]---\n";

/// Serves, and complains while it does.
Task<> complains(Inside& guest) {
  co_await guest.hello();
  const auto order = co_await guest.order();
  guest.print(warning);
  co_await guest.send(link::sample::result(order.value_or(0)));
  co_await guest.live();
}

/// Complains while the workload runs for a while longer.
Task<> complains_early(Inside& guest) {
  co_await guest.hello();
  const auto order = co_await guest.order();
  guest.print(warning);
  for (int i = 0; i < 10; ++i) {
    co_await guest.send(link::sample::heartbeat());
    co_await guest.questions(50ms);
  }
  co_await guest.send(link::sample::result(order.value_or(0)));
  co_await guest.serve();
}

/// The same words, but the kernel's log says that they are a program's.
Task<> lies(Inside& guest) {
  guest.by_kernel = false;
  co_await complains_early(guest);
}

Task<> claims_to_panic(Inside& guest) {
  guest.by_kernel = false;
  co_await guest.hello();
  const auto order = co_await guest.order();
  guest.print("Kernel panic - not syncing: says somebody\n");
  co_await guest.questions(500ms);
  co_await guest.send(link::sample::result(order.value_or(0)));
  co_await guest.serve();
}

/// Dead, but QEMU is not.
Task<> panics(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  guest.print("[    2.8] Kernel panic - not syncing: sysrq triggered crash\n[    2.8] Call Trace:\n");
  co_await pause_for(30s);
}

Task<> hangs_a_task(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  guest.print(
      "[   41.1] INFO: task assay-worker:77 blocked for more than 10 seconds.\n"
      "[   41.1]       Not tainted 6.1.0 #1\n[   41.1] task:assay-worker state:D stack:0 pid:77\n"
      "[   41.1] Call Trace:\n[   41.1]  __schedule+0x2b1/0x6c0\n[   41.1]  folio_lock+0x1a/0x20\n");
  co_await guest.live();
}

Task<> healthy(Inside& guest) {
  co_await guest.hello();
  co_await guest.serve();
}

/// Says nothing any more.
Task<> falls_silent(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  co_await guest.order();  // never comes: returns when the channel closes
}

Task<> falls_silent_busily(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  for (int i = 0; i < 200; ++i) {
    guest.vcpu_time += 50ms;
    co_await pause_for(20ms);
  }
}

/// Its agent says that a process does not end, and shows what all of them do.
Task<> has_a_stuck_worker(Inside& guest) {
  co_await guest.hello();
  const auto order = co_await guest.order();
  const link::sample::ResultWords stuck{wire::Fate::stuck};
  co_await guest.send(link::sample::result(order.value_or(0), stuck));
  co_await guest.live();
}

class Findings : public FakeRun {
 protected:
  Findings() { only_variant_a(); }
};

TEST_F(Findings, AConsoleReportEndsTheTrialAndTheRestGoesOn) {
  guests({complains, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  EXPECT_EQ(hypervisor_->created, 2U) << "the rest runs in a fresh guest";
  const auto one = record("a", "one");
  ASSERT_EQ(one.findings.size(), 1U);
  EXPECT_EQ(one.findings.front().title, "WARNING: CPU: 1 PID: 58 at mm/gup.c:74 try_grab_folio+0x98/0x150");
  EXPECT_EQ(one.reason, one.findings.front().title);
  EXPECT_EQ(one.findings.front().fingerprint.size(), 16U);
  EXPECT_EQ(one.findings.front().text, warning);
  EXPECT_EQ(one.attempts, 1U);
  EXPECT_EQ(record("a", "two").attempts, 1U) << "it was never tried before";
  EXPECT_TRUE(observer_.notes.empty()) << "a finding is no failure of ours";
}

TEST_F(Findings, AnOopsAndThePanicThatFollowsAreOne) {
  guests({[](Inside& guest) -> Task<> {
            co_await guest.hello();
            co_await guest.order();
            guest.print(
                "[    5.1] Oops: 0000 [#1] SMP\n[    5.1] RIP: 0010:try_grab_folio+0x98/0x150\n"
                "[    5.1] ---[ end trace 0000000000000000 ]---\n");
            co_await pause_for(20ms);
            guest.print(
                "[    5.2] RIP: 0010:try_grab_folio+0x98/0x150\n"
                "[    5.2] Kernel panic - not syncing: Fatal exception\n"
                "[    5.2] ---[ end Kernel panic - not syncing: Fatal exception ]---\n");
            co_await pause_for(30s);
          },
          healthy});
  patience_.answer = 300ms;
  run();
  const auto one = record("a", "one");
  ASSERT_EQ(one.findings.size(), 1U);
  EXPECT_EQ(one.reason, "Oops: 0000 [#1] SMP in try_grab_folio");
  EXPECT_THAT(one.findings.front().text, HasSubstr("---[ end Kernel panic"));
}

TEST_F(Findings, WhatTheWorkloadCountedStandsBesideTheReport) {
  guests({complains_early, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  const auto one = record("a", "one");
  EXPECT_EQ(one.findings.size(), 1U);
  EXPECT_NE(one.counter("touches"), nullptr);
  EXPECT_FALSE(one.checks.empty());
  EXPECT_GT(one.measured.count(), 0);
}

TEST_F(Findings, WhatProgramsPrintIsNone) {
  guests({lies});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
  EXPECT_EQ(hypervisor_->created, 1U);
  EXPECT_THAT(sink_.events, Contains(AllOf(Field(&TrialEvent::name, "console.not_the_kernel"),
                                           Field(&TrialEvent::detail, HasSubstr("try_grab_folio")))));
}

TEST_F(Findings, AProgramThatPrintsAPanicEndsNoGuest) {
  guests({claims_to_panic});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
  EXPECT_EQ(hypervisor_->created, 1U);
}

TEST_F(Findings, APanicThatNobodyAnswersForIsOne) {
  patience_.answer = 300ms;
  guests({panics, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  EXPECT_EQ(record("a", "one").reason, "Kernel panic - not syncing: sysrq triggered crash");
}

TEST_F(Findings, AHungTaskIsNotWaitedFor) {
  guests({hangs_a_task, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  EXPECT_THAT(record("a", "one").reason, HasSubstr("blocked for more than"));
}

TEST_F(Findings, AWorkerThatDoesNotEndIsOne) {
  guests({has_a_stuck_worker, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  const auto one = record("a", "one");
  EXPECT_EQ(one.attempts, 1U);
  EXPECT_EQ(one.reason, "INFO: task of one blocked for more than 30 seconds after SIGKILL");
  EXPECT_THAT(one.findings.at(0).text, HasSubstr("sysrq: Show State"));
}

TEST_F(Findings, AReportCountsThoughTheChannelBreaksThen) {
  guests({[](Inside& guest) -> Task<> {
            co_await guest.hello();
            co_await guest.order();
            guest.print(warning);
            co_await pause_for(100ms);
            link::sample::Bytes garbage(64, std::byte{0x5a});
            co_await guest.send_raw(std::move(garbage));
            co_await pause_for(5s);
          },
          healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
}

TEST_F(Findings, AReportJustBeforeTheResultCounts) {
  guests({[](Inside& guest) -> Task<> {
            co_await guest.hello();
            const auto order = co_await guest.order();
            guest.print(warning);
            co_await guest.send(link::sample::result(order.value_or(0)));
            co_await guest.serve();
          },
          healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
}

TEST_F(Findings, APanicThatTakesTheGuestAlongIsAFinding) {
  guests({[](Inside& guest) -> Task<> {
            co_await guest.hello();
            co_await guest.order();
            guest.print(
                "[    2.8] Kernel panic - not syncing: sysrq triggered crash\n[    2.8] Call Trace:\n");
            guest.end("QEMU ended");
          },
          healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  EXPECT_EQ(record("a", "one").reason, "Kernel panic - not syncing: sysrq triggered crash");
}

TEST_F(Findings, TheSameReportHasTheSameFingerprint) {
  every_guest(complains);
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two finding"));
  EXPECT_EQ(record("a", "one").findings.at(0).fingerprint, record("a", "two").findings.at(0).fingerprint);
}

TEST_F(Findings, AGuestWhoseCpusStandStillHangs) {
  patience_.silence = 300ms;
  guests({falls_silent, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  const auto one = record("a", "one");
  ASSERT_EQ(one.findings.size(), 1U);
  EXPECT_THAT(one.findings.front().title, HasSubstr("hang: no heartbeat for "));
  EXPECT_THAT(one.findings.front().title, HasSubstr("vCPUs idle"));
  EXPECT_THAT(one.findings.front().text, HasSubstr("An NMI was sent"));
  EXPECT_THAT(one.findings.front().text, HasSubstr("NMI backtrace for cpu 0"));
}

TEST_F(Findings, AGuestWhoseCpusSpinHangsLater) {
  patience_.silence = 300ms;
  patience_.busy = 2s;
  guests({falls_silent_busily, healthy});
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one finding", "a/two pass"));
  EXPECT_THAT(record("a", "one").findings.at(0).title, HasSubstr("vCPUs busy"));
}

}  // namespace
}  // namespace assay::trial::fake
