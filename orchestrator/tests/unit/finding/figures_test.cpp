// SPDX-License-Identifier: GPL-2.0-or-later
// How well reports are read, in figures, over some hundred consoles of both architectures.
#include "finding/made_up.hpp"
#include "finding/reports.hpp"

#include <fmt/format.h>

#include <iostream>
#include <map>
#include <set>

namespace assay::finding {
namespace {

/// Prints "what: hits of all", and each miss, so that a run says what to mend.
class Figure {
 public:
  explicit Figure(std::string what) : what_(std::move(what)) {}
  Figure(const Figure&) = delete;
  Figure& operator=(const Figure&) = delete;
  Figure(Figure&&) = delete;
  Figure& operator=(Figure&&) = delete;
  ~Figure() { std::cout << fmt::format("{}: {} of {}\n", what_, hits_, all_); }

  void count(bool hit, const std::string& miss) {
    ++all_;
    hits_ += hit ? 1 : 0;
    if (!hit) {
      std::cout << fmt::format("  not {}: {}\n", what_, miss);
    }
  }
  [[nodiscard]] unsigned all() const { return all_; }
  [[nodiscard]] double share() const { return all_ == 0 ? 0 : static_cast<double>(hits_) / all_; }

 private:
  std::string what_;
  unsigned hits_ = 0;
  unsigned all_ = 0;
};

TEST(Figures, ReportsAreRecognised) {
  Figure recognised("recognised");
  for (const auto& made : made_up_consoles()) {
    recognised.count(!reports_in(made.text).empty(), made.text);
  }
  EXPECT_GE(recognised.all(), 300U);
  EXPECT_GE(recognised.share(), 0.98);
}

TEST(Figures, HealthIsNoFinding) {
  Figure quiet("no finding");
  for (const auto& text : healthy_consoles()) {
    quiet.count(reports_in(text).empty(), text);
  }
  EXPECT_GE(quiet.all(), 35U);
  EXPECT_EQ(quiet.share(), 1);
}

TEST(Figures, TitlesSayTheFunction) {
  Figure said("title says the function");
  for (const auto& made : made_up_consoles()) {
    const auto reports = reports_in(made.text);
    if (!made.function.empty() && !reports.empty()) {
      said.count(reports.front().title.find(made.function) != std::string::npos,
                 made.kind + ": " + reports.front().title);
    }
  }
  EXPECT_GE(said.share(), 0.9);
}

TEST(Figures, OneCrashIsOneFinding) {
  Figure one("one finding");
  for (const auto& made : made_up_consoles()) {
    const auto reports = reports_in(made.text);
    one.count(reports.size() == 1, made.kind + ": " + (reports.size() < 2 ? "" : reports[1].title));
    if (made.panics && made.text.find("Kernel panic") != std::string::npos) {
      EXPECT_NE(reports.front().text.find("---[ end Kernel panic"), std::string::npos) << made.text;
    }
  }
  EXPECT_EQ(one.share(), 1);
}

TEST(Figures, FingerprintsAgreeAndDiffer) {
  std::map<std::string, std::set<std::string>> prints;  // by what it is
  std::map<std::string, std::set<std::string>> whats;   // by fingerprint
  for (const auto& made : made_up_consoles()) {
    if (made.stall) {  // caught at any place of a loop: what the CPU was asked for counts
      continue;
    }
    for (const auto& report : reports_in(made.text)) {
      prints[made.kind + " in " + made.function].insert(report.fingerprint);
      whats[report.fingerprint].insert(made.kind + " in " + made.function);
    }
  }
  Figure agree("same report, same fingerprint");
  for (const auto& [what, all] : prints) {
    agree.count(all.size() == 1, what);
  }
  Figure differ("another report, another fingerprint");
  for (const auto& [print, all] : whats) {
    differ.count(all.size() == 1, *all.begin() + ", " + *all.rbegin());
  }
  EXPECT_GE(agree.share(), 0.8);
  EXPECT_GE(differ.share(), 0.99);
}

TEST(Figures, TwoReportsAreKeptApart) {
  Figure apart("second report kept");
  Figure clean("first report without quiet lines");
  for (const auto& made : made_up_consoles()) {
    const auto reports = reports_in(made.text + quiet_then_another());
    apart.count(reports.size() == 2 && reports[1].title.find("stone_roll") != std::string::npos, made.kind);
    clean.count(!reports.empty() && reports.front().text.find("quiet line") == std::string::npos, made.kind);
  }
  EXPECT_GE(apart.share(), 0.97);
  EXPECT_EQ(clean.share(), 1);
}

TEST(Figures, LinesBeforeTheTitleAreKept) {
  Figure kept("lines before the title kept");
  for (const auto& made : made_up_consoles()) {
    if (!made.first_line.empty()) {
      const auto reports = reports_in(made.text);
      const auto text = reports.empty() ? "" : reports.front().text;
      kept.count(text.substr(0, text.find('\n')).find(made.first_line) != std::string::npos, made.kind);
    }
  }
  EXPECT_EQ(kept.share(), 1);
}

}  // namespace
}  // namespace assay::finding
