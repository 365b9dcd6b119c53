// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/claims_on_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace assay::mutate {
namespace {

using experiment::Bound;
using experiment::Figure;
using testing::ElementsAre;

constexpr const char* description = R"json({
  "agent": "0.1.0", "protocol": 1,
  "workloads": [
    {"name": "seal.pinned", "summary": "seals", "parameters": [], "checks": [],
     "counters": [{"name": "longest", "unit": "us"}, {"name": "waited", "unit": "ns"},
                  {"name": "paused", "unit": "s"}, {"name": "files", "unit": "files"},
                  {"name": "left_us", "unit": "pages"}]},
    {"name": "idle", "summary": "idles", "parameters": [], "checks": [],
     "counters": [{"name": "longest", "unit": "pages"}]}],
  "samplers": [{"name": "psi", "metrics": [{"name": "cpu.some.total", "unit": "us"}]},
               {"name": "vmstat", "metrics": [{"name": "pgfault", "unit": "events"}]}]
})json";

experiment::Claim on(std::string id, Figure figure, std::string workload = "sealing") {
  experiment::Claim claim;
  claim.id = std::move(id);
  claim.workload = std::move(workload);
  claim.rule = experiment::ThresholdRule{std::move(figure), {{"new", {Bound::Direction::at_most, 1}}}};
  return claim;
}

TEST(ClaimsOnTime, GoByTheUnitsThatTheAgentDeclares) {
  const auto catalogue = experiment::Catalogue::from_json(description);
  ASSERT_TRUE(catalogue) << catalogue.error().text();
  experiment::Experiment experiment;
  experiment.workloads = {{"sealing", "seal.pinned", {}, {}, {}}, {"idling", "idle", {}, {}, {}}};
  auto requires_time = on("7-requires", {"files", ""});
  requires_time.preconditions = {{{"waited", ""}, {Bound::Direction::at_least, 1}}};
  auto counts_long_ones = on("8-event", {});
  counts_long_ones.rule = experiment::NeverRule{
      {experiment::CountedEvent::Kind::figure, "", {{"paused", ""}, {Bound::Direction::at_least, 1}}},
      {"new"},
      0,
      0.95};
  experiment.claims = {on("1-numerator", {"longest", "files"}),
                       on("2-denominator", {"files", "waited"}),
                       on("3-sampled", {"psi.cpu.some.total", ""}),
                       on("4-percentile", {"p99(psi.cpu.some.total)", ""}),
                       on("5-pages", {"left_us", "files"}),
                       on("6-of-another-workload", {"longest", ""}, "idling"),
                       requires_time,
                       counts_long_ones,
                       on("9-events", {"vmstat.pgfault", ""}),
                       on("unknown", {"no such counter_us", ""}, "no such workload")};
  EXPECT_THAT(claims_on_time(experiment, *catalogue), ElementsAre("1-numerator", "2-denominator", "3-sampled",
                                                                  "4-percentile", "7-requires", "8-event"));
}

TEST(ClaimsOnTime, GoByTheUnitsThatAProgramIsSaidToPrint) {
  const auto catalogue = experiment::Catalogue::from_json(description);
  ASSERT_TRUE(catalogue) << catalogue.error().text();
  experiment::Experiment experiment;
  experiment::WorkloadRun run{"mine", "repro"};
  run.program.emplace();
  run.program->figures = {{"lag", "us", ""}, {"longest", "pages", ""}};
  experiment.workloads = {run};
  experiment.claims = {on("1-own", {"lag", ""}, "mine"), on("2-wall", {"wall_us", ""}, "mine"),
                       on("pages", {"longest", ""}, "mine"), on("code", {"exit_code", ""}, "mine")};
  EXPECT_THAT(claims_on_time(experiment, *catalogue), ElementsAre("1-own", "2-wall"));
}

}  // namespace
}  // namespace assay::mutate
