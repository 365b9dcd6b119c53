// SPDX-License-Identifier: GPL-2.0-or-later
// Reports that are hard to read, one by one.
#include "finding/reports.hpp"
#include "finding/tasks.hpp"

#include <gmock/gmock.h>

namespace assay::finding {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::vector<Report> reports_of(const std::string& name) { return reports_in(console("cases/" + name)); }

std::vector<std::string> titles_in(const std::string& text) {
  std::vector<std::string> titles;
  for (const auto& report : reports_in(text)) {
    titles.push_back(report.title);
  }
  return titles;
}

std::vector<std::string> titles_of(const std::string& name) { return titles_in(console("cases/" + name)); }

std::string print_of(const std::string& name) { return fingerprint(console("cases/" + name)); }

TEST(Cases, APageDumpBelongsToTheBugBelowIt) {
  const auto reports = reports_of("dump_page");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().title, "kernel BUG at mm/pebble.c:77! in pebble_roll");
  EXPECT_THAT(reports.front().text, StartsWith("[   10.000001] page:"));
  EXPECT_THAT(reports.front().text, HasSubstr("page_owner tracks the page as freed"));
}

TEST(Cases, AMessageBetweenCutHereAndWarningBelongsToIt) {
  const auto reports = reports_of("warning_with_message");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().title, "WARNING: CPU: 1 PID: 77 at mm/reed.c:12 reed_cut+0x11/0x90");
  EXPECT_THAT(reports.front().text, StartsWith("[   20.000001] ------------[ cut here ]---"));
  EXPECT_THAT(reports.front().text, HasSubstr("count went below zero"));
}

TEST(Cases, CutHereWithoutATitleIsNoReport) {
  std::string text = "[    1.0] ------------[ cut here ]------------\n";
  for (int i = 0; i < 30; ++i) {
    text += "[    2.0] quiet\n";
  }
  EXPECT_THAT(titles_in(text), ElementsAre());
  text += "[    3.0] BUG: Bad rss-counter state mm:00000000abcdef01 type:MM_ANONPAGES val:3\n";
  const auto reports = reports_in(text);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_THAT(reports.front().text, Not(HasSubstr("cut here")));
}

TEST(Cases, KindsAreFindings) {
  EXPECT_THAT(titles_of("slub"), ElementsAre(StartsWith("BUG pebble_cache (Tainted: ")));
  EXPECT_THAT(titles_of("bad_pmd"), ElementsAre(HasSubstr("bad pmd")));
  EXPECT_THAT(titles_of("hard_lockup"),
              ElementsAre("watchdog: Watchdog detected hard LOCKUP on cpu 1 in pebble_spin"));
  EXPECT_THAT(titles_of("non_static_key"),
              ElementsAre("INFO: trying to register non-static key in pebble_init"));
}

TEST(Cases, APromptMayStandBeforeTheStamp) {
  EXPECT_THAT(titles_of("in_mid_line"),
              ElementsAre("BUG: unable to handle page fault for address: ffff888001020304 in pebble_get"));
}

TEST(Cases, QuietLinesBelongToNoReport) {
  for (const char* name : {"rss_then_warning", "bad_page_then_warning"}) {
    const auto reports = reports_of(name);
    ASSERT_EQ(reports.size(), 2U) << name;
    EXPECT_THAT(reports[0].title, StartsWith("BUG: Bad "));
    EXPECT_THAT(reports[1].title, StartsWith("WARNING: CPU: 1 PID: 77 at mm/reed.c:12 reed_cut"));
    EXPECT_THAT(reports[0].text + reports[1].text, Not(HasSubstr("quiet line"))) << name;
  }
}

TEST(Cases, AnOopsAndItsPanicAreOne) {
  const auto reports = reports_of("oops_with_panic");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_THAT(reports.front().title, StartsWith("BUG: kernel NULL pointer dereference"));
  EXPECT_THAT(reports.front().text, HasSubstr("---[ end Kernel panic"));
}

TEST(Cases, APanicOfItsOwnIsAnother) {
  EXPECT_THAT(titles_in("BUG: Bad rss-counter state mm:00000000abcdef01 type:MM_ANONPAGES val:3\n"
                        "Kernel panic - not syncing: sysrq triggered crash\n"),
              ElementsAre(StartsWith("BUG: Bad rss"), StartsWith("Kernel panic")));
}

TEST(Cases, AnOopsThatWasHandedOutKeepsItsPanicFromBecomingAnother) {
  ConsoleParser parser;
  parser.feed(console("cases/oops_with_panic"));
  EXPECT_FALSE(parser.inside_report());
  EXPECT_TRUE(parser.take());
  EXPECT_FALSE(parser.take());
}

TEST(Cases, AnOopsThatEndedMayGoOn) {
  ConsoleParser parser;
  parser.feed("Oops: 0000 [#1] SMP\nRIP: 0010:pebble_get+0x1/0x2\n---[ end trace 0000000000000000 ]---\n");
  EXPECT_TRUE(parser.has_report());
  EXPECT_FALSE(parser.inside_report());
  EXPECT_TRUE(parser.may_go_on());
  parser.feed("Kernel panic - not syncing: Fatal exception\n");
  EXPECT_TRUE(parser.inside_report());
  EXPECT_EQ(taken(parser).size(), 1U);
}

TEST(Cases, HungTasksDifferByPlaceNotByTask) {
  EXPECT_NE(print_of("hung_a"), print_of("hung_b"));
  EXPECT_EQ(print_of("hung_a"), print_of("hung_other_task"));
  EXPECT_THAT(titles_of("hung_a"), ElementsAre(EndsWith(" in pebble_wait")));
}

TEST(Cases, HelpersAreNoPlace) {
  EXPECT_NE(print_of("allocation_a"), print_of("allocation_b"));
  EXPECT_THAT(titles_of("allocation_a"), ElementsAre(EndsWith(" in pebble_new")));
  EXPECT_NE(print_of("leak_a"), print_of("leak_b"));
  EXPECT_THAT(titles_of("leak_b"), ElementsAre(EndsWith(" in reed_b")));
}

TEST(Cases, TheNewFormOfWarningsIsOneOnAllCpus) {
  EXPECT_EQ(print_of("new_warning_a"), print_of("new_warning_b"));
  EXPECT_THAT(titles_of("new_warning_a"),
              ElementsAre("WARNING: mm/pebble.c:12 at pebble_get+0x11/0x90, CPU#0: pond/77"));
}

TEST(Cases, OtherWarningsAreNotTheKernels) {
  EXPECT_THAT(titles_of("program_warns"), ElementsAre());
  EXPECT_THAT(titles_of("workqueue_cpumask"), ElementsAre());
}

TEST(Cases, SparcDies) {
  const auto reports = reports_of("sparc64_dax");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().title, "pond(77): Dax [#1] in pebble_get");
  EXPECT_THAT(reports.front().text, HasSubstr("sun4v_data_access_exception"));
  EXPECT_THAT(reports.front().text, HasSubstr("Instruction DUMP"));
}

TEST(Cases, WhatOtherCpusPrintInBetweenIsNoPlace) {
  EXPECT_THAT(titles_in("[    1.000001][   T77] BUG: scheduling while atomic: pond/77/0x00000002\n"
                        "[    1.000002][   T77] Call Trace:\n[    1.000003][    C3]  reed_cut+0x1/0x2\n"
                        "[    1.000004][   T77]  pebble_get+0x1/0x2\n"),
              ElementsAre(EndsWith(" in pebble_get")));
}

TEST(Cases, AnUnlockThatIsWrongSaysWhere) {
  for (const std::string name :
       {"[ BUG: bad unlock balance detected! ]", "WARNING: bad unlock balance detected!",
        "WARNING: bad contention detected!"}) {
    EXPECT_THAT(
        titles_in("=====================================\n" + name +
                  "\n6.12.0 #1 Not tainted\n-------------------------------------\n"
                  "pond/77 is trying to release lock (&pebble->lock) at:\n"
                  "[<ffffffff81234567>] pebble_put+0x11/0x90\nbut there are no more locks to release!\n\n"
                  "1 lock held by pond/77:\n"
                  " #0: ffff888001234567 (&reed->lock){+.+.}-{3:3}, at: reed_read+0x11/0x90\n\n"
                  "stack backtrace:\nCall Trace:\n dump_stack_lvl+0x1/0x2\n pebble_put+0x11/0x90\n"),
        ElementsAre(EndsWith(" in pebble_put")))
        << name;
  }
}

TEST(Cases, ANestedLockSaysWhere) {
  EXPECT_THAT(
      titles_in("==================================\nWARNING: Nested lock was not taken\n"
                "6.12.0 #1 Not tainted\n----------------------------------\npond/77 is trying to lock:\n"
                "ffff888001234567 (&pebble->lock){+.+.}-{2:2}, at: pebble_get+0x11/0x90\n"),
      ElementsAre(EndsWith(" in pebble_get")));
}

TEST(Cases, WhoHadAPageBeforeIsNotWhere) {
  EXPECT_THAT(
      titles_in("[    1.000001][   T77] BUG: Bad page state in process pond  pfn:0ab65\n"
                "[    1.000001][   T77] page: refcount:0 mapcount:-1 mapping:0000000000000000 pfn:0xab65\n"
                "[    1.000001][   T77] page dumped because: nonzero mapcount\n"
                "[    1.000001][   T77] page_owner tracks the page as allocated\n"
                "[    1.000001][   T77] page last allocated via order 0, migratetype Unmovable, pid 77\n"
                "[    1.000001][   T77]  post_alloc_hook+0x11/0x90\n"
                "[    1.000001][   T77]  reed_fill+0x11/0x90\n"
                "[    1.000001][   T77] page last free pid 76 tgid 76 stack trace:\n"
                "[    1.000001][   T77]  ? reed_doubt+0x11/0x90\n"
                "[    1.000001][   T77]  reed_drain+0x11/0x90\n"
                "[    1.000001][   T77] Modules linked in:\n[    1.000001][   T77] Call Trace:\n"
                "[    1.000001][   T77]  bad_page+0x1/0x2\n[    1.000001][   T77]  free_unref_page+0x1/0x2\n"
                "[    1.000001][   T77]  __folio_put+0x1/0x2\n[    1.000001][   T77]  pebble_drop+0x1/0x2\n"),
      ElementsAre(EndsWith(" in pebble_drop")));
}

TEST(Cases, HelpersOfAllKindsAreNotWhere) {
  for (const std::string helper :
       {"__phys_addr", "klist_next", "crc32c", "__seqprop_assert", "free_frozen_pages"}) {
    EXPECT_THAT(
        titles_in("Oops: general protection fault, probably for non-canonical address 0xb: 0000 [#1] SMP\n"
                  "RIP: 0010:" +
                  helper + "+0x11/0x90\nCall Trace:\n pebble_get+0x1/0x2\n"),
        ElementsAre(EndsWith(" in pebble_get")))
        << helper;
  }
}

TEST(Cases, TheSameOnTwoCpusAtOnceIsOne) {
  EXPECT_THAT(
      titles_in(
          "[    1.0][   T77] Unable to handle kernel paging request at virtual address 0000000000000161\n"
          "[    1.1][   T78] Unable to handle kernel paging request at virtual address 0000000000000161\n"
          "[    1.2][   T77] Oops: 0002 [#1] SMP\n[    1.3][   T77] Call Trace:\n"
          "[    1.4][   T77]  pebble_get+0x1/0x2\n[    1.5][   T77] ---[ end trace 0000000000000000 ]---\n"),
      ElementsAre(EndsWith(" in pebble_get")));
}

TEST(Cases, EachSanitizersOwnPanicFollowsFromItsReport) {
  EXPECT_THAT(titles_in("=====================================================\n"
                        "BUG: KMSAN: uninit-value in pebble_get+0x11/0x90\n pebble_get+0x11/0x90\n"
                        "=====================================================\n"
                        "Disabling lock debugging due to kernel taint\n"
                        "Kernel panic - not syncing: panic_on_kmsan set ...\n"),
              ElementsAre("BUG: KMSAN: uninit-value in pebble_get+0x11/0x90"));
}

TEST(Cases, AStallSaysWhereAndWhatFor) {
  EXPECT_THAT(titles_in("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [pond:7]\n"
                        "RIP: 0010:native_queued_spin_lock_slowpath+0x6e/0x2a0\nCall Trace:\n"
                        " _raw_spin_lock+0x1/0x2\n pebble_get+0x1/0x2\n pond_madvise+0x1/0x2\n"
                        " __x64_sys_madvise+0x1/0x2\n do_syscall_64+0x1/0x2\n"),
              ElementsAre(EndsWith("[pond:7] in pebble_get from sys_madvise")));
}

TEST(Cases, AWorkerIsFoundAmongAllTasks) {
  const std::vector<std::string> shown{
      "[   40.1]  schedule+0x1b/0x90",
      "[   40.1] task:kthreadd        state:S stack:0     pid:2     tgid:2     ppid:0      flags:0x00004000",
      "[   40.1]  kthreadd+0x119/0x130",
      "[   40.1] task:assay-worker2   state:S stack:0     pid:3     tgid:3     ppid:1      flags:0x00000006",
      "[   40.1] task:assay-worker    state:I stack:0     pid:41    tgid:40    ppid:1      flags:0x00000006",
      "[   40.1] Call Trace:",
      "[   40.1]  __schedule+0x2af/0x6c0",
      "[   40.1]  schedule+0x1b/0x90",
      "[   40.1]  folio_wait_bit+0x33/0xb0",
      "[   40.1]  migrate_pages_batch+0x133/0xb00",
      "[   40.1]  do_syscall_64+0x4c/0x100",
      "[   40.1] sysrq: Show Blocked State",
      "[   40.1] task:assay-worker    state:I stack:0     pid:41    tgid:40    ppid:1      flags:0x00000006"};
  const auto lines = tasks_called("assay-worker", shown);
  EXPECT_EQ(lines, std::vector(shown.begin() + 4, shown.begin() + 11));
  const auto report = report_of("INFO: task of w blocked for more than 30 seconds after SIGKILL", lines);
  EXPECT_EQ(report.title,
            "INFO: task of w blocked for more than 30 seconds after SIGKILL in migrate_pages_batch");
  EXPECT_EQ(report.fingerprint,
            report_of("INFO: task of w blocked for more than 30 seconds", lines).fingerprint);
  EXPECT_THAT(report.text, StartsWith(report.title + "\n" + lines[0] + "\n"));
  EXPECT_THAT(tasks_called("assay-worker", {}), testing::IsEmpty());
}

}  // namespace
}  // namespace assay::finding
