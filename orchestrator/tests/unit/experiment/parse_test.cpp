// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/kept_file.hpp"
#include "experiment/sample_catalogue.hpp"
#include "experiment/sample_experiment.hpp"
#include "experiment/selection.hpp"

#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

Result<Experiment> parse(const std::string& text) {
  return parse_experiment(text, "x.toml", *Catalogue::from_json(sample_describe));
}

TEST(ParseExperiment, ReadsEveryField) {
  const auto experiment = parse(sample_experiment);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->name, "sample");
  EXPECT_EQ(experiment->thread, "1@example.org");
  EXPECT_EQ(experiment->trials, 6U);
  EXPECT_EQ(experiment->seed, 7U);
  EXPECT_EQ(experiment->guests, GuestUse::shared);
  EXPECT_EQ(experiment->timeout, std::chrono::seconds(60));
  EXPECT_EQ(experiment->sampling.interval, std::chrono::milliseconds(100));
  EXPECT_EQ(experiment->sampling.sources, (std::vector<std::string>{"vmstat", "psi"}));
  EXPECT_EQ(experiment->file, "x.toml");
  EXPECT_EQ(experiment->digest.size(), 64U);
  ASSERT_EQ(experiment->machines.size(), 1U);
  machine::MachineSpec spec;
  spec.name = "small";
  spec.accel = machine::Accel::tcg;
  spec.memory = mib(256);
  EXPECT_EQ(experiment->machines.at(0), spec);
}

TEST(ParseExperiment, OnlyTcgCountsInstructions) {
  const auto experiment = parse(sample_with("accel = \"tcg\"", "clock = \"instructions\""));
  ASSERT_TRUE(experiment);
  EXPECT_EQ(experiment->machines.at(0).clock, machine::GuestClock::instructions);
  EXPECT_EQ(experiment->machines.at(0).accel, machine::Accel::tcg);
}

TEST(ParseExperiment, KeepsTheOrderOfTheFile) {
  const auto experiment = parse(sample_experiment);
  ASSERT_TRUE(experiment);
  EXPECT_EQ(experiment->variants.at(0).name, "old");
  EXPECT_EQ(experiment->variants.at(0).kernel, "kernel-old");
  EXPECT_EQ(experiment->variants.at(1).name, "new");
  EXPECT_EQ(experiment->workloads.at(0).name, "write");
  EXPECT_EQ(experiment->workloads.at(1).name, "nothing");
  EXPECT_EQ(experiment->claims.at(0).variants(), (std::vector<std::string>{"old", "new"}));
}

TEST(ParseExperiment, PutsBaseBeforeHeadWhateverTheOrderOfTheFile) {
  auto text =
      sample_with("[variants.old]\nkernel = \"kernel-old\"\n\n[variants.new]\nkernel = \"kernel-new\"",
                  "[variants.new]\nkernel = \"kernel-new\"\n\n[variants.old]\nkernel = \"kernel-old\"");
  const auto experiment = parse(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->variants.at(0).name, "old") << "a claim compares it with the other";
  EXPECT_EQ(experiment->variants.at(1).name, "new");
  EXPECT_EQ(experiment->variants.at(0).where->line, 19U);
  text = sample_with("{ old = \">= 0.9\", new = \"<= 0.05\" }", "{ new = \"<= 0.05\", old = \">= 0.9\" }");
  EXPECT_EQ(parse(text)->claims.at(0).variants(), (std::vector<std::string>{"old", "new"}));
}

TEST(ParseExperiment, KeepsAWorkloadToItsVariantsAndMachines) {
  const auto experiment = parse(sample_with(
      "workload = \"idle\"", "workload = \"idle\"\nvariants = [\"new\"]\nmachines = [\"small\"]"));
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& nothing = experiment->workloads.at(1);
  EXPECT_TRUE(nothing.runs_with("new"));
  EXPECT_FALSE(nothing.runs_with("old"));
  EXPECT_TRUE(nothing.runs_on("small"));
  EXPECT_EQ(experiment->trials_per_repeat(), 3U);
  EXPECT_TRUE(experiment->has_guest("old", "small"));
}

TEST(ParseExperiment, LeavesOutWhatOnlyThoroughRunsHave) {
  auto text = sample_with("workload = \"idle\"", "workload = \"idle\"\nthorough = true");
  text.replace(text.find("trials = 6"), 10, "trials = 6\nthorough_trials = 20");
  text += R"([[claims]]
id = "patience"
says = "s"
quote = "q"
author = "a"
workload = "nothing"
min_trials = 20
rule = "never"
count = "finding"
)";
  auto experiment = parse(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->thorough_trials, 20U);
  const auto claims = experiment->claims.size();
  const auto left_out = leave_out_thorough(*experiment);
  ASSERT_EQ(experiment->workloads.size(), 1U);
  EXPECT_EQ(experiment->workloads.front().name, "write");
  EXPECT_EQ(experiment->claims.size(), claims - 1);
  EXPECT_EQ(left_out, std::vector<std::string>{"patience"});
}

TEST(ParseExperiment, KeepsAClaimToItsMachines) {
  const auto experiment = parse(sample_with("min_trials = 4", "min_trials = 4\nmachines = [\"small\"]"));
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->claims.at(0).machines, std::vector<std::string>{"small"});
  EXPECT_TRUE(experiment->claims.at(1).machines.empty());
}

TEST(ParseExperiment, JudgesByTheVariantsThatTheWorkloadRunsWith) {
  auto text = sample_with("params = { threads = 3,", "variants = [\"new\"]\nparams = { threads = 3,");
  text.resize(text.find("[[claims]]"));
  text += R"([workloads.all]
workload = "idle"
[[claims]]
id = "none"
says = "Nothing is reported."
quote = "nothing"
author = "A. Hacker"
workload = "write"
rule = "never"
count = "finding"
)";
  const auto experiment = parse(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->claims.at(0).variants(), std::vector<std::string>{"new"});
}

TEST(ParseExperiment, HandsParametersOnAsTheAgentWantsThem) {
  const auto experiment = parse(sample_experiment);
  ASSERT_TRUE(experiment);
  const std::map<std::string, std::string> expected{
      {"threads", "3"}, {"mapping", "tmpfs"}, {"file", "64K"}, {"writer", "true"}};
  EXPECT_EQ(experiment->workloads.at(0).parameters, expected);
  EXPECT_EQ(experiment->workloads.at(1).parameters.at("time"), "20ms");
}

TEST(ParseExperiment, ReadsClaims) {
  const auto experiment = parse(sample_experiment);
  ASSERT_TRUE(experiment);
  ASSERT_EQ(experiment->claims.size(), 2U);
  const auto& one = experiment->claims.at(0);
  EXPECT_EQ(one.message_id, "2@example.org");
  EXPECT_EQ(one.min_trials, 4U);
  EXPECT_EQ(one.preconditions.at(0).figure.text(), "writer_ops");
  const auto& threshold = std::get<ThresholdRule>(one.rule);
  EXPECT_EQ(threshold.figure.text(), "vmstat.vma_lock_retry / touches");
  EXPECT_EQ(threshold.expect.at(1).bound.text(), "<= 0.05");
  const auto& two = experiment->claims.at(1);
  EXPECT_EQ(two.message_id, "1@example.org");  // the thread's
  const auto& pair = std::get<NoMoreRule>(two.rule);
  EXPECT_EQ(pair.base, "old");
  EXPECT_EQ(pair.head, "new");
  EXPECT_EQ(pair.slack, 0.5);
}

/// The second claim with other keys than its own.
Result<Experiment> parse_rule(const std::string& keys) {
  const std::string own =
      "rule = \"no-more\"\nfigure = \"touches\"\nbase = \"old\"\nhead = \"new\"\nslack = 0.5";
  return parse(sample_with(own, keys));
}

TEST(ParseExperiment, ReadsAMeasurement) {
  const auto experiment = parse_rule(
      "rule = \"measurement\"\nfigure = \"vmstat.pgfault / touches\"\nbase = \"old\"\nhead = \"new\"\n"
      "direction = \"no-less\"\neffect = \"10%\"\nconfidence = 0.99");
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& claim = experiment->claims.at(1);
  const auto& rule = std::get<MeasurementRule>(claim.rule);
  EXPECT_EQ(rule.figure.denominator, "touches");
  EXPECT_EQ(rule.comparison.direction, Direction::no_less);
  EXPECT_DOUBLE_EQ(rule.comparison.effect, 0.1);
  EXPECT_TRUE(rule.comparison.relative);
  EXPECT_EQ(rule.comparison.confidence, 0.99);
  EXPECT_EQ(claim.variants(), (std::vector<std::string>{"old", "new"}));
  EXPECT_EQ(subject_of(claim.rule), "vmstat.pgfault / touches");
}

TEST(ParseExperiment, ReadsAProportion) {
  const auto experiment = parse_rule(
      "rule = \"proportion\"\ncount = \"check content\"\nbase = \"new\"\nhead = \"old\"\n"
      "direction = \"more\"\neffect = 0.2");
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& rule = std::get<ProportionRule>(experiment->claims.at(1).rule);
  EXPECT_EQ(rule.event.kind, CountedEvent::Kind::check);
  EXPECT_EQ(rule.event.name, "content");
  EXPECT_EQ(rule.comparison.effect, 0.2);
  EXPECT_FALSE(rule.comparison.relative);
  EXPECT_EQ(rule.comparison.confidence, 0.95);
  EXPECT_FALSE(
      parse_rule("rule = \"proportion\"\ncount = \"failure\"\nbase = \"new\"\nhead = \"old\"\n"
                 "direction = \"more\"\neffect = \"20%\""));
}

TEST(ParseExperiment, ReadsAnInvariant) {
  const auto all = parse_rule("rule = \"never\"\ncount = \"finding KASAN\"");
  ASSERT_TRUE(all) << all.error().text();
  const auto& rule = std::get<NeverRule>(all->claims.at(1).rule);
  EXPECT_EQ(rule.event.text(), "finding KASAN");
  EXPECT_EQ(rule.variants, (std::vector<std::string>{"old", "new"}));
  EXPECT_EQ(rule.effect, 0);
  const auto one = parse_rule(
      "rule = \"never\"\ncount = \"writer_ops >= 3\"\nvariants = [\"new\"]\neffect = 0.1\nconfidence = 0.9");
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_EQ(subject_of(one->claims.at(1).rule), "writer_ops >= 3");
  EXPECT_EQ(one->claims.at(1).variants(), std::vector<std::string>{"new"});
  EXPECT_FALSE(parse_rule("rule = \"never\"\ncount = \"finding\"\nvariants = [\"new\", \"new\"]"));
  EXPECT_FALSE(parse_rule("rule = \"never\"\ncount = \"finding\"\nvariants = []"));
}

TEST(ParseExperiment, HasDefaults) {
  auto text = sample_with("trials = 6\nguests = \"shared\"\ntimeout = \"60s\"\nseed = 7\n", "");
  text.replace(text.find("[machines.small]"), text.find("[workloads.write]") - text.find("[machines.small]"),
               "");
  const auto experiment = parse(text);
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->trials, 10U);
  EXPECT_EQ(experiment->guests, GuestUse::fresh);
  EXPECT_EQ(experiment->machines.at(0), machine::MachineSpec{});
}

TEST(ParseExperiment, GivesSparcOneCpu) {
  const auto experiment =
      parse(sample_with("arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2", "arch = \"sparc64\""));
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(experiment->machines.at(0).vcpus, 1U);
}

TEST(ParseExperiment, TheFirstNodesHaveWhatDoesNotDivide) {
  const auto experiment =
      parse(sample_with("vcpus = 2\nmemory = \"256M\"", "vcpus = 2\nmemory = \"257M\"\nnodes = 3"));
  ASSERT_TRUE(experiment) << experiment.error().text();
  const std::vector<machine::Node> nodes{{1, mib(86)}, {1, mib(86)}, {0, mib(85)}};
  EXPECT_EQ(experiment->machines.at(0).nodes, nodes);
}

TEST(ParseExperiment, NodesMakeUpTheMachine) {
  const auto experiment = parse(sample_with("vcpus = 2\nmemory = \"256M\"", R"(
nodes = [{ vcpus = 2, memory = "256M" }, { memory = "64M", dimms = ["128M"] }, { vcpus = 62, memory = 0 }, {}]
distances = [[10, 20, 20, 20], [30, 10, 20, 20], [20, 20, 10, 254], [11, 20, 20, 10]]
dimms = ["256M"]
)"));
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& spec = experiment->machines.at(0);
  EXPECT_EQ(spec.vcpus, 64U);
  EXPECT_EQ(spec.memory, mib(320));
  EXPECT_EQ(spec.whole_memory(), mib(704));
  const std::vector<machine::Node> nodes{{2, mib(256)}, {0, mib(64)}, {62, Bytes(0)}, {0, Bytes(0)}};
  EXPECT_EQ(spec.nodes, nodes);
  EXPECT_EQ(spec.distances.at(1), (std::vector<unsigned>{30, 10, 20, 20}));
  const std::vector<machine::Dimm> dimms{{mib(256), 0}, {mib(128), 1}};
  EXPECT_EQ(spec.dimms, dimms);
}

TEST(ParseExperiment, AMachineHasMoreThanMemory) {
  const auto experiment = parse(sample_with("memory = \"256M\"", R"(
disks = ["64M", "1G"]
append = "hugepages=16 transparent_hugepage=never"
qemu_options = ["-device", "virtio-rng-pci"]
)"));
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& spec = experiment->machines.at(0);
  EXPECT_EQ(spec.disks, (std::vector<Bytes>{mib(64), gib(1)}));
  EXPECT_EQ(spec.append, "hugepages=16 transparent_hugepage=never");
  EXPECT_EQ(spec.qemu_options, (std::vector<std::string>{"-device", "virtio-rng-pci"}));
}

TEST(ParseExperiment, TakesAsManyNodesAsMemoryAllows) {
  for (const unsigned nodes : {1U, 2U, 3U, 4U}) {
    const auto experiment =
        parse(sample_with("memory = \"256M\"", fmt::format("nodes = {}\nmemory = \"256M\"", nodes)));
    ASSERT_TRUE(experiment) << experiment.error().text();
    EXPECT_EQ(experiment->machines.at(0).nodes.size(), nodes == 1 ? 0 : nodes) << "one is none";
  }
  EXPECT_TRUE(parse(sample_with("memory = \"256M\"", "nodes = 8"))) << "the usual memory is enough for all";
  EXPECT_TRUE(
      parse(sample_with("arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2", "arch = \"sparc64\"\nnodes = 1")));
}

TEST(MachinesIn, NeedsNoCatalogue) {
  ASSERT_EQ(machines_in(sample_experiment).size(), 1U);
  EXPECT_EQ(machines_in(sample_experiment).at(0).memory, mib(256));
  EXPECT_TRUE(machines_in("][").empty());
}

}  // namespace
}  // namespace assay::experiment
