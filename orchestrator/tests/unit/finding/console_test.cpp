// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/lines.hpp"
#include "finding/reports.hpp"

#include <algorithm>

namespace assay::finding {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

struct Known {
  const char* file;
  const char* title;
  bool ends_by_itself;
};

constexpr Known known[] = {
    // NOLINT(modernize-avoid-c-arrays): a table
    {"oops", "BUG: kernel NULL pointer dereference, address: 0000000000000018 in folio_lruvec_lock_irq",
     true},
    {"panic", "Kernel panic - not syncing: sysrq triggered crash", true},
    {"kasan", "BUG: KASAN: slab-use-after-free in swap_entry_put+0x1d2/0x2a0", true},
    {"warning", "WARNING: CPU: 1 PID: 58 at mm/gup.c:74 try_grab_folio+0x98/0x150", true},
    {"soft_lockup", "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [assay-agent:61] in shrink_lruvec",
     false},
    {"hung_task", "INFO: task assay-agent:59 blocked for more than 122 seconds in truncate_inode_pages_range",
     false},
    {"sparc64_oops", "Unable to handle kernel NULL pointer dereference in folio_isolate_lru", false},
};

class KnownReport : public testing::TestWithParam<Known> {};

TEST_P(KnownReport, IsFoundOnceWithItsTitle) {
  const auto reports = reports_in(console(GetParam().file));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().title, GetParam().title);
  EXPECT_EQ(reports.front().fingerprint.size(), 16U);
  EXPECT_EQ(reports.front().fingerprint.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(reports.front().text.find("Call Trace:"), std::string::npos);
}

TEST_P(KnownReport, IsHandedOutAtItsEnd) {
  ConsoleParser parser;
  parser.feed(console(GetParam().file));
  EXPECT_EQ(parser.inside_report(), !GetParam().ends_by_itself);
  EXPECT_EQ(parser.take().has_value(), GetParam().ends_by_itself);
}

TEST_P(KnownReport, IsTheSameWhereverTheTextIsCut) {
  const auto text = "[    0.1] quiet\r\n" + console(GetParam().file);
  const auto whole = reports_in(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    ConsoleParser parser;
    parser.feed(std::string_view(text).substr(0, cut));
    parser.feed(std::string_view(text).substr(cut));
    const auto parts = taken(parser);
    ASSERT_EQ(parts.size(), whole.size()) << "cut at " << cut;
    ASSERT_EQ(parts.front().title, whole.front().title) << "cut at " << cut;
    ASSERT_EQ(parts.front().text, whole.front().text) << "cut at " << cut;
    ASSERT_EQ(parts.front().fingerprint, whole.front().fingerprint) << "cut at " << cut;
  }
}

TEST_P(KnownReport, IsTheSameByteByByte) {
  const auto text = console(GetParam().file);
  ConsoleParser parser;
  for (const char c : text) {
    parser.feed(std::string_view(&c, 1));
  }
  const auto parts = taken(parser);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts.front().text, reports_in(text).front().text);
}

TEST_P(KnownReport, HasAFingerprintOfItsOwn) {
  for (const auto& other : known) {
    if (std::string_view(other.file) != GetParam().file) {
      EXPECT_NE(fingerprint(console(other.file)), fingerprint(console(GetParam().file))) << other.file;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Console, KnownReport, testing::ValuesIn(known),
                         [](const auto& one) { return std::string(one.param.file); });

TEST(Console, AnOomKillIsNoReport) { EXPECT_TRUE(reports_in(console("oom_kill")).empty()); }

TEST(Console, WarningsOfAHealthyKernelAreNoReports) {
  EXPECT_TRUE(reports_in("[    0.04] WARNING: Spectre v2 mitigation leaves CPU vulnerable\n").empty());
}

TEST(Console, TwoReportsAreTwo) {
  const auto reports = reports_in(console("warning") + "assay-agent: ready\n" + console("kasan"));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].title.substr(0, 8), "WARNING:");
  EXPECT_EQ(reports[1].title.substr(0, 10), "BUG: KASAN");
}

TEST(Console, AReportHoldsItsOwnLinesOnly) {
  const auto reports = reports_in("before\n" + console("kasan") + "after\n");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().text.find("before"), std::string::npos);
  EXPECT_EQ(reports.front().text.find("after\n"), std::string::npos);
  EXPECT_NE(reports.front().text.find("Memory state around the buggy address"), std::string::npos);
}

TEST(Console, WhatAGuestPrintsReachesNoTerminal) {
  const auto reports = reports_in("BUG: \x1b[2Jgone\n");
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().title, "BUG: \\x1b[2Jgone");
  EXPECT_EQ(reports.front().text.find('\x1b'), std::string::npos);
}

TEST(Console, LastLinesAreTheLast) {
  ConsoleParser parser;
  parser.feed("one\ntwo\nthree\n");
  EXPECT_EQ(parser.last_lines(2), "two\nthree\n");
  EXPECT_EQ(parser.last_lines(9), "one\ntwo\nthree\n");
  EXPECT_EQ(parser.lines_seen(), 3U);
}

TEST(Console, StampsAreTakenOff) {
  EXPECT_EQ(without_stamp("[    1.500000] text"), "text");
  EXPECT_EQ(without_stamp("[    1.500000][   T42] text"), "text");
  EXPECT_EQ(without_stamp("[    1.500000][    C1]  indented"), "  indented");
  EXPECT_EQ(without_stamp("[<0000000000406174>] foo+0x4/0x8"), "[<0000000000406174>] foo+0x4/0x8");
  EXPECT_EQ(without_stamp("[no stamp"), "[no stamp");
  EXPECT_EQ(without_stamp(""), "");
}

TEST(Fingerprint, StaysTheSameOnAnotherCpuForAnotherProcess) {
  const auto text = console("warning");
  auto other = replaced(text, "CPU: 1 ", "CPU: 0 ");
  other = replaced(other, "PID: 58", "PID: 3100");
  EXPECT_EQ(fingerprint(other), fingerprint(text));
  const auto lockup = console("soft_lockup");
  auto again = replaced(lockup, "CPU#1", "CPU#0");
  again = replaced(replaced(again, "22s", "67s"), "assay-agent:61", "assay-agent:1045");
  EXPECT_EQ(fingerprint(again), fingerprint(lockup));
}

TEST(Fingerprint, StaysTheSameInAnotherBuild) {
  const auto text = console("kasan");
  auto other = replaced(text, "swap_entry_put+0x1d2/0x2a0", "swap_entry_put+0x9a/0x1f1");
  other = replaced(other, "do_swap_page+0x9ec/0x2110", "do_swap_page.constprop.0+0x11/0x12");
  other = replaced(other, "ffff888006a5c", "ffff888117cde");
  EXPECT_EQ(fingerprint(other), fingerprint(text));
}

TEST(Fingerprint, StaysTheSameAtAnotherAddress) {
  const std::string fault = "BUG: unable to handle page fault for address: ";
  const std::string rest = "\nRIP: 0010:folio_put+0x10/0x20\n---[ end trace 0000000000000000 ]---\n";
  EXPECT_EQ(fingerprint(fault + "ffff888006a5c3c8" + rest), fingerprint(fault + "ffffea0001a2b3c0" + rest));
  EXPECT_EQ(fingerprint(fault + "ffff888006a5c3c8" + rest), fingerprint(fault + "0000000000000008" + rest));
  const std::string page = "BUG: Bad page state in process assay-agent  pfn:";
  EXPECT_EQ(fingerprint(page + "12a3b" + rest), fingerprint(page + "b21c7" + rest));
}

TEST(Fingerprint, DiffersForAnotherFunction) {
  const auto kasan = console("kasan");
  EXPECT_NE(fingerprint(replaced(kasan, "swap_entry_put", "swap_cache_get")), fingerprint(kasan));
  EXPECT_EQ(fingerprint(replaced(kasan, "do_swap_page", "do_anonymous_page")), fingerprint(kasan));
  const auto oops = console("oops");
  EXPECT_NE(fingerprint(replaced(oops, "folio_lruvec_lock_irq", "folio_lruvec_relock")), fingerprint(oops));
}

TEST(Fingerprint, DiffersForAnotherKindInTheSameFunction) {
  const auto kasan = console("kasan");
  EXPECT_NE(fingerprint(replaced(kasan, "slab-use-after-free", "slab-out-of-bounds")), fingerprint(kasan));
}

TEST(Fingerprint, OfSparc64CountsTheFunctionThatFaulted) {
  const auto oops = console("sparc64_oops");
  EXPECT_NE(fingerprint(replaced(oops, "folio_isolate_lru", "folio_putback_lru")), fingerprint(oops));
  EXPECT_EQ(fingerprint(replaced(oops, "+0x34/0x160", "+0x38/0x1c0")), fingerprint(oops));
}

TEST(Bounds, AnEndlessLineIsKeptInPart) {
  ConsoleParser parser;
  const std::string piece(1U << 16U, 'x');
  for (int i = 0; i < 1000; ++i) {
    parser.feed(piece);
  }
  parser.feed("\nBUG: " + piece + "\n");
  EXPECT_LE(parser.last_lines(10).size(), 4096U);
  const auto reports = taken(parser);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_LE(reports.front().text.size(), 4096U);
}

TEST(Bounds, AReportWithoutEndEnds) {
  ConsoleParser parser;
  parser.feed("BUG: endless\n");
  for (int i = 0; i < 10'000; ++i) {
    parser.feed("and so on\n");
  }
  EXPECT_FALSE(parser.inside_report());
  const auto reports = taken(parser);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_LT(reports.front().text.size(), 10'000U);
}

TEST(Bounds, TheWorkIsLinearInTheText) {
  // Each byte of a line is looked at a bounded number of times, and no line is looked at again but once at
  // the end of its report: twice the text holds twice the reports, and what is kept of a report does not
  // grow.
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += console("kasan") + std::string(1000, '=') + "\n" + std::string(1000, '[') + "\n";
  }
  const auto once = reports_in(text);
  const auto twice = reports_in(text + text);
  EXPECT_EQ(once.size(), 20U);
  EXPECT_EQ(twice.size(), 40U);
  EXPECT_EQ(twice.back().text, once.front().text);
}

TEST(Bounds, OneThatIsListedWithoutEndEnds) {
  for (const std::string line : {"BUG: Bad rss-counter state mm:0 type:MM_FILEPAGES val:1\n",
                                 "Kernel panic - not syncing: again\n", "refcount_t: underflow\n"}) {
    ConsoleParser parser;
    for (int i = 0; i < 1000; ++i) {
      parser.feed(line);
    }
    const auto report = parser.take();
    ASSERT_TRUE(report) << line;
    EXPECT_LE(std::ranges::count(report->text, '\n'), 400) << line;
  }
}

TEST(Bounds, EndlessReportsAreKeptInPart) {
  ConsoleParser parser;
  for (int i = 0; i < 10'000; ++i) {
    parser.feed("WARNING: CPU: 0 PID: 1 at again\n---[ end trace 0000000000000000 ]---\n");
  }
  const auto reports = taken(parser);
  EXPECT_GE(reports.size(), 1U);
  EXPECT_LE(reports.size(), 100U);
  EXPECT_LE(std::ranges::count(parser.last_lines(1'000'000), '\n'), 1000);
}

}  // namespace
}  // namespace assay::finding
