// SPDX-License-Identifier: GPL-2.0-or-later
// Guests whose kernel misbehaves: a result, not a failure of ours.
#include "fake_run.hpp"

#include <gmock/gmock.h>

namespace assay::trial::fake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* warning =
    "[    5.400420] WARNING: CPU: 1 PID: 58 at mm/gup.c:74 try_grab_folio+0x98/0x150\n"
    "[    5.401330] RIP: 0010:try_grab_folio+0x98/0x150\n"
    "[    5.402020] Call Trace:\n"
    "[    5.403070]  __get_user_pages+0x1e3/0x8e0\n"
    "[    5.403490] ---[ end trace 0000000000000000 ]---\n";

/// Serves until workload "one" of its guest begins, then complains.
Task<> complains(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  guest.print(warning);
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
            co_await guest.live();
          },
          healthy});
  run();
  const auto one = record("a", "one");
  ASSERT_EQ(one.findings.size(), 1U);
  EXPECT_EQ(one.reason, "Oops: 0000 [#1] SMP in try_grab_folio");
  EXPECT_THAT(one.findings.front().text, HasSubstr("---[ end Kernel panic"));
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
