// SPDX-License-Identifier: GPL-2.0-or-later
// `assay run`: what a user sees of a run, from its first word to its exit code.
#include "command.hpp"

#include <nlohmann/json.hpp>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class RunVerb : public OnFakes {};

TEST_F(RunVerb, PrintsItsVerdictsAndSaysWhereItsResultsAre) {
  const auto ended = assay({"run", "two"});
  EXPECT_EQ(ended.code, 0);
  const auto id = last_run();
  EXPECT_THAT(ended.out, StartsWith("two: two kernels\n\nrun       " + id + ", started "));
  EXPECT_THAT(ended.out, HasSubstr("\nkernels   before = old, 6.12.0 ["));
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    12 of 12: 12 passed\n"));
  EXPECT_THAT(ended.out, HasSubstr("\n1. quiet: holds\n   no kernel complains\n"));
  EXPECT_THAT(ended.out, EndsWith("\n1 claim: 1 holds\n"));
  EXPECT_THAT(ended.err, StartsWith("assay: note: made the folder results for results\nkernel old: 6.12.0 "));
  EXPECT_THAT(ended.err, HasSubstr("\ntrials 0/12, 0 guests running\n"));
  EXPECT_THAT(ended.err, EndsWith("\nresults: results/runs/" + id + "; assay show " + id + "\n"));
  EXPECT_THAT(
      below("results/runs/" + id),
      AllOf(testing::Contains("assay.log"), testing::Contains("trials/before-default-002/console.log"),
            testing::Contains("trials/after-default-000/trial-two.json")));
}

TEST_F(RunVerb, NamesOtherResultsInTheCommandsThatItTells) {
  const auto ended = assay({"run", "two", "--results", "my results"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, EndsWith("; assay show " + last_run("my results") + " --results '" +
                                  (root() / "my results").string() + "'\n"));
}

TEST_F(RunVerb, FindsItsExperimentByNameFolderAndFile) {
  for (const auto* name :
       {"two", "experiments/two", "./experiments/two/", "experiments/two/experiment.toml"}) {
    const auto ended = assay({"run", "-q", "--trials", "1", "--workload", "two", name});
    EXPECT_EQ(ended.code, 0) << name << ": " << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("\ntrials    2 of 2: 2 passed\n")) << name;
  }
}

TEST_F(RunVerb, AsJsonIsTheResultAlone) {
  const auto ended = assay({"run", "two", "--json"});
  EXPECT_EQ(ended.code, 0);
  const auto json = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << ended.out;
  EXPECT_EQ(json["run"]["state"], "finished");
  EXPECT_EQ(json["claims"][0]["verdict"], "holds");
  EXPECT_EQ(json["trials"].size(), 12U);
  EXPECT_THAT(ended.err, Not(HasSubstr("results: ")));
}

TEST_F(RunVerb, AsKtapIsTheResultAlone) {
  const auto ended = assay({"run", "two", "--ktap"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, StartsWith("KTAP version 1\n1..1\n"));
  EXPECT_THAT(ended.out, HasSubstr("\nok 1 quiet # holds: "));
  EXPECT_THAT(ended.err, Not(HasSubstr("results: ")));
}

TEST_F(RunVerb, QuietSaysNothingButTheResult) {
  fs::create_directory(root() / "results");
  const auto ended = assay({"run", "-q", "two"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, EndsWith("\n1 claim: 1 holds\n"));
}

TEST_F(RunVerb, VerboseSaysWhatHappensToGuests) {
  const auto ended = assay({"run", "-v", "two"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("-before-default-000: created in"));
  EXPECT_THAT(ended.err, HasSubstr("trial after/default/two#3 in guest after-default-002: pass after"));
}

TEST_F(RunVerb, EndsWithOneWhenAClaimIsRefuted) {
  describe(2, run::each_by_itself);
  cast_ = only_on("after", complains);
  const auto ended = assay({"run", "two"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, HasSubstr("\n2. quiet: refuted\n"));
  EXPECT_THAT(ended.out,
              HasSubstr("   why: 2 of 2 trials of after, first in #1: BUG: Bad page state in process\n"));
  EXPECT_THAT(ended.err,
              HasSubstr("assay: note: after on default, repeat 2, one: finding: BUG: Bad page state"));
}

TEST_F(RunVerb, EndsWithThreeWhenMoreTrialsAreNeeded) {
  const auto ended = assay({"run", "--trials", "1", "two"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_THAT(ended.out, HasSubstr("\n1. quiet: inconclusive\n"));
  EXPECT_THAT(ended.out, ContainsRegex("1\\s+more\\s+per\\s+variant"));
}

TEST_F(RunVerb, EndsWithFourWhenNothingCouldRun) {
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return skips; };
  const auto ended = assay({"run", "two"});
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.out, HasSubstr("\n1. quiet: not run\n"));
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    12 of 12: 12 skipped\n"));
}

TEST_F(RunVerb, EndsWithFourWhenItsKernelsAreOne) {
  describe(3, "rule = \"no-more\"\nfigure = \"vmstat.pgfault\"\nbase = \"before\"\nhead = \"after\"");
  const auto ended = assay({"run", "two", "--kernel", "after=./old"});
  EXPECT_EQ(ended.code, 4);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(
      ended.err,
      "assay: before and after are the same kernel: there is nothing to compare, and no claim is judged\n");
}

TEST_F(RunVerb, EndsWith125WhenAKernelDoesNotBoot) {
  cast_ = only_on("before", panics_at_boot);
  const auto ended = assay({"run", "--trials", "1", "two"});
  EXPECT_EQ(ended.code, 125);
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    2 of 4: 2 passed\n")) << "the other is run";
  EXPECT_THAT(ended.err,
              HasSubstr("assay: kernel variant before on default does not boot: Kernel panic - not "
                        "syncing: VFS: Unable to mount root fs; the last console lines were:\n"));
}

TEST_F(RunVerb, EndsWith70WhenNoGuestComesToBe) {
  failing_creates_ = 1000;
  const auto given_up = assay({"run", "two"});
  EXPECT_EQ(given_up.code, 70);
  EXPECT_THAT(given_up.out, HasSubstr("\n1. quiet: not run\n"));
  EXPECT_THAT(given_up.err,
              HasSubstr("assay: the run was given up: cannot create the guest: QEMU does not start\n"
                        "to go on: assay run --resume " +
                        last_run() + "\n"));
  no_hypervisor_ = "cannot connect to libvirt: it is not there";
  const auto unconnected = assay({"run", "-q", "two"});
  EXPECT_EQ(unconnected.code, 70);
  EXPECT_EQ(unconnected.out, "");
  EXPECT_EQ(unconnected.err, "assay: cannot connect to libvirt: it is not there\n");
}

TEST_F(RunVerb, OfAPartThatDecidesNoClaimIsJudgedByItsTrials) {
  const Words words{"run", "--trials", "1", "--workload", "two", "two"};
  const auto passed = assay(words);
  EXPECT_EQ(passed.code, 0);
  EXPECT_THAT(passed.out, EndsWith("\n0 claims\n"));
  EXPECT_THAT(passed.err, HasSubstr("assay: note: left out, it needs more of the matrix: quiet\n"));
  cast_ = only_on("after", fails_checks);
  EXPECT_EQ(assay(words).code, 1);
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return skips; };
  EXPECT_EQ(assay(words).code, 4);
}

TEST_F(RunVerb, ALostGuestIsToldAndTriedAgain) {
  cast_ = only_guest(1, ends_before_hello);
  const auto ended = assay({"run", "two"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr(", one: trying once more: guest powered off\n"));
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    12 of 12: 12 passed\n"));
}

TEST_F(RunVerb, LooksUntilItsClaimsAreDecided) {
  describe(2, run::each_by_itself);
  const auto ended = assay({"run", "two", "--until-decided", "--max-trials", "6"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err,
              HasSubstr("assay: note: look 1 of 3, 2 trials of each: 1 of 1 claims are settled\n"));
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    8 of at most 24: 8 passed\n"));
}

TEST_F(RunVerb, ADryRunBootsNothing) {
  no_hypervisor_ = "it is not asked for";
  const auto ended = assay({"run", "two", "--dry-run"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("2 kernels (2 to build), 6 guests, about "));
  EXPECT_THAT(ended.out, HasSubstr("12 trials\n# variant before on machine default: kernel " +
                                   root().string() + "/old ("));
  EXPECT_FALSE(fs::exists(root() / "results"));
}

TEST_F(RunVerb, AVerboseDryRunShowsWhatLibvirtGets) {
  run_it();
  const auto ended = assay({"run", "two", "-n", "-v"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("2 kernels (0 to build), 6 guests, "));
  EXPECT_THAT(ended.out, HasSubstr("<name>before-default</name>"));
  EXPECT_THAT(ended.out, HasSubstr("</domain>\nfake\n"));
}

TEST_F(RunVerb, ItsMistakesAreToldBeforeAnythingIsMade) {
  const auto file = "cannot use variant after of experiments/two/experiment.toml: ";
  const std::vector<std::pair<Words, std::string>> all{
      {{}, "which experiment? Name a folder or file; assay list experiments shows what is here"},
      {{"nosuch"}, "cannot read experiment nosuch: no such file or folder; ROOT/experiments has two"},
      {{"two", "--machine", "pc"}, "--machine: experiment two has no \"pc\"; there is default"},
      {{"two", "--workload", "three"}, "--workload: experiment two has no \"three\"; there is one and two"},
      {{"two", "--kernel", "aftr=./old"},
       "experiment two has no variant \"aftr\"; did you mean \"after\"?; there is before and after"},
      {{"two", "--kernel", "after=nosuch"},
       std::string(file) + "cannot load kernel variant \"nosuch\": ROOT/images/kernels has no such file"},
      {{"two", "--kernel", "after=old"},
       std::string(file) + "cannot load kernel variant \"old\": for the file of that name write ./old"},
      {{"two", "--kernel", "after=/etc/passwd"},
       std::string(file) + "/etc/passwd is no kernel that QEMU boots, and no .toml"},
      {{"two", "--max-trials", "4"},
       "cannot understand --max-trials: it is only for use with --until-decided"},
      {{"two", "--json", "--ktap"}, "cannot take --json and --ktap together"},
      {{"--resume"}, "cannot find run \"last\": there are no runs yet"},
  };
  for (const auto& [words, said] : all) {
    auto line = words;
    line.insert(line.begin(), {"run", "--results=there"});
    expect_refused(line, 2, said);
  }
  EXPECT_THAT(below("results"), IsEmpty());
}

TEST_F(RunVerb, MistakesInAnExperimentHaveTheirPlace) {
  const auto right = text_of("experiments/two/experiment.toml");
  const auto file = "assay: " + root().string() + "/experiments/wrong/experiment.toml";
  const auto wrong = [&](std::string_view old, std::string_view now) {
    auto text = right;
    text.replace(text.find(old), old.size(), now);
    write("experiments/wrong/experiment.toml", text);
    const auto ended = assay({"run", "wrong"});
    EXPECT_EQ(ended.code, 2) << now;
    EXPECT_EQ(ended.out, "") << now;
    return ended.err;
  };
  EXPECT_THAT(wrong("trials = 3", "trials ="), StartsWith(file + ":6:"));
  EXPECT_THAT(wrong("trials = 3", "trails = 3"),
              AllOf(StartsWith(file + ":6:1: "), HasSubstr("\"trials\"?")));
  EXPECT_THAT(wrong("\"idle\"", "\"idel\""), AllOf(StartsWith(file + ":11:"), HasSubstr("\"idle\"?")));
  EXPECT_THAT(wrong("workload = \"one\"", "workload = \"three\""), StartsWith(file + ":18:"));
  EXPECT_FALSE(fs::exists(root() / "results"));
}

TEST_F(RunVerb, ResultsMayLieElsewhere) {
  const auto ended = assay({"run", "two", "--results", "far/away"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, StartsWith("assay: note: made the folder far/away for results\n"));
  EXPECT_THAT(ended.err, HasSubstr("\nresults: far/away/runs/"));
  EXPECT_FALSE(fs::exists(root() / "results"));
  expect_refused({"run", "two", "--results", "old"}, 2,
                 "cannot use ROOT/old for results: it is no folder; name the one "
                 "that the database is in");
}

TEST_F(RunVerb, AFolderThatCannotBeWrittenIsToldBeforeAGuestBoots) {
  const auto nowhere = assay({"run", "two", "-q", "--results", "/proc/results"});
  EXPECT_EQ(nowhere.code, 70);
  EXPECT_EQ(nowhere.out, "");
  EXPECT_THAT(nowhere.err, StartsWith("assay: cannot "));
  write("results/assay.sqlite", "no database");
  const auto damaged = assay({"run", "two", "-q"});
  EXPECT_THAT(damaged.err, HasSubstr("it is not an SQLite database"));
  EXPECT_EQ(damaged.out, "");
  EXPECT_EQ(text_of("results/assay.sqlite"), "no database");
}

TEST_F(RunVerb, APartThatWasNotBuiltIsNamed) {
  fs::remove(program() / "plugin/assay-probes.so");
  expect_refused(
      {"run", "two"}, 70,
      "cannot find the plugin of QEMU, ROOT/build/orchestrator/plugin/assay-probes.so: build Assay whole "
      "with ./dev build, or install it with ./dev install");
}

TEST_F(RunVerb, ResultsThatNobodyCanReadDidNotEndWell) {
  out_to_ = "/dev/full";
  const auto ended = assay({"run", "-q", "two"});
  EXPECT_EQ(ended.code, 70);
  EXPECT_THAT(ended.err, EndsWith("assay: cannot write stdout: No space left on device\n"));
  out_to_.clear();
  EXPECT_THAT(assay({"runs"}).out, HasSubstr("  1 holds\n")) << "the run is kept";
}

}  // namespace
}  // namespace assay::cli
