// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/baseline.hpp"

#include "mutate/line_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace assay::mutate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ScopeLine scope_line(unsigned line, std::string text) {
  return {"mm/rmap.c", line, std::move(text), true, std::nullopt, 0};
}

TEST(OnlyVariant, KeepsWhatBootsIt) {
  run::Inputs inputs;
  auto& experiment = inputs.experiment;
  experiment.variants = {{"before", "linux-before", {}}, {"after", "linux-after", {}}};
  experiment.machines.resize(2);
  experiment.machines[0].name = "pc";
  experiment.machines[1].name = "sun";
  experiment.machines[1].arch = Arch::sparc64;
  experiment.workloads = {{"both", "idle", {}, {}, {"pc"}},
                          {"old", "idle", {}, {"before"}, {}},
                          {"new", "idle", {}, {"after"}, {"pc"}}};
  experiment.probes.resize(3);
  experiment.probes[1].variants = {"before"};
  experiment.probes[2].variants = {"before", "after"};
  experiment.claims.resize(1);
  for (const auto* key : {"before", "before/sparc64", "after"}) {
    kernel::Variant variant;
    variant.name = key;
    inputs.variants.emplace(key, std::move(variant));
  }
  const auto only = only_variant(inputs, "after");
  ASSERT_EQ(only.experiment.variants.size(), 1U);
  EXPECT_EQ(only.experiment.variants.front().kernel, "linux-after");
  ASSERT_EQ(only.experiment.workloads.size(), 2U);
  EXPECT_EQ(only.experiment.workloads.back().name, "new");
  EXPECT_EQ(only.experiment.probes.size(), 2U);
  EXPECT_THAT(only.experiment.claims, IsEmpty());
  ASSERT_EQ(only.variants.size(), 1U) << "it runs nothing on the sparc64 machine";
  EXPECT_EQ(only.variants.begin()->second.name, "after");
}

trial::TrialRecord watched(const std::vector<std::pair<unsigned, probe::LineState>>& lines) {
  trial::TrialRecord record;
  probe::ProbeReport report;
  for (const auto& [line, state] : lines) {
    probe::CoveredLine covered;
    covered.line = {"mm/rmap.c", line, "", false};
    covered.state = state;
    report.lines.push_back(std::move(covered));
  }
  record.probes.push_back(std::move(report));
  return record;
}

TEST(CountLines, CountsTrialsThatRanThem) {
  std::vector<ScopeLine> lines = {scope_line(1, "ran in one"), scope_line(2, "never ran"),
                                  scope_line(3, "a comment"), scope_line(4, "nobody looked")};
  using probe::LineState;
  count_lines(lines, {watched({{1, LineState::not_run},
                               {2, LineState::not_run},
                               {3, LineState::no_instruction},
                               {77, LineState::ran}}),
                      watched({{1, LineState::ran}, {2, LineState::not_run}, {3, LineState::no_instruction}}),
                      trial::TrialRecord()});
  std::vector<std::optional<unsigned>> ran;
  std::vector<unsigned> seen;
  for (const auto& line : lines) {
    ran.push_back(line.ran);
    seen.push_back(line.watched);
  }
  EXPECT_THAT(ran, ElementsAre(1U, 0U, std::nullopt, std::nullopt));
  EXPECT_THAT(seen, ElementsAre(2U, 2U, 2U, 0U));
}

}  // namespace
}  // namespace assay::mutate
