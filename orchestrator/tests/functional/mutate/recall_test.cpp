// SPDX-License-Identifier: GPL-2.0-or-later
// What is known is not tried again.
#include "on_mutants.hpp"

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Mutate, TriesNothingAgain) {
  play(parsed(mutate({"--list", "--json", "--most", "2"}))["mutants"][0], complains_in_one);
  const auto first = mutate({"--most", "2"});
  EXPECT_EQ(first.code, 0) << first.err;
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return ends_the_program; };
  const auto again = mutate({"--most", "2"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
}

TEST_F(Mutate, KeepsWhatOtherChoicesFound) {
  play(parsed(mutate({"--list", "--json", "--function", "memory"}))["mutants"][0], complains_in_one);
  const auto whole = parsed(mutate({"--function", "memory", "--json"}));
  const auto made = whole["mutants"].size();
  EXPECT_EQ(count(whole, "killed"), 1U);
  EXPECT_THAT(whole["others"]["mutants"], IsEmpty());
  const auto elsewhere = parsed(mutate({"--function", "mm/slub.c:slub", "--json"}));
  for (const auto& one : elsewhere["mutants"]) {
    EXPECT_EQ(one["file"], "mm/slub.c");
  }
  EXPECT_EQ(count(elsewhere, "killed"), 0U) << "the score is of what was chosen";
  EXPECT_EQ(elsewhere["others"]["mutants"].size(), made);
  EXPECT_THAT(text_of(folder_ / "mutants.html"), Not(HasSubstr(whole["mutants"][0]["id"].get<std::string>())))
      << "and so is the page";
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return ends_the_program; };
  const auto fewer = parsed(mutate({"--function", "memory", "--most", "2", "--json"}));
  EXPECT_EQ(fewer["mutants"].size(), 2U);
  EXPECT_EQ(count(fewer, "waiting"), 0U);
  EXPECT_EQ(fewer["others"]["mutants"].size(), made - 2 + elsewhere["mutants"].size());
  const auto again = parsed(mutate({"--function", "memory", "--json"}));
  EXPECT_EQ(again["mutants"], whole["mutants"]);
  EXPECT_EQ(again["others"]["mutants"], elsewhere["mutants"]);
}

TEST_F(Mutate, KnowsTheImagesOfAnEarlierCall) {
  // With the condition made true it returns 0 always, as when the last value is replaced by 0.
  write("tree/mm/slub.c", "int slub(int order)\n{\n\tif (order < 3)\n\t\treturn 0;\n\treturn order;\n}\n");
  const auto whole = parsed(mutate({"--function", "mm/slub.c:slub", "--json"}));
  auto cut = kept();
  unsigned twins = 0;
  for (auto& one : cut["mutants"]) {
    if (one["fate"] == "same code" && !one["image"].get<std::string>().empty()) {
      ++twins;
      one["fate"] = "waiting";
      one["image"] = "";
    }
  }
  ASSERT_GT(twins, 0U) << whole;
  write(folder_ / "score.json", cut.dump());
  cast_ = [](const machine::BootSpec& boot, unsigned) -> Script {
    return boot.guest.find("unchanged") != std::string::npos ? is_well : ends_the_program;
  };
  EXPECT_EQ(parsed(mutate({"--function", "mm/slub.c:slub", "--json"}))["score"], whole["score"]);
}

TEST_F(Mutate, TriesAllAgainUnderAnotherExperiment) {
  play(parsed(mutate({"--list", "--json", "--most", "2"}))["mutants"][0], complains_in_one);
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U);
  odd_.clear();
  write("experiments/two/experiment.toml", std::string(experiment) + "# a word\n");
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U) << "it judges as before";
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("20ms"), 4, "30ms"));
  const auto again = mutate({"--most", "2", "--json"});
  EXPECT_THAT(again.err,
              HasSubstr("experiment, kernels, agent or --trials have changed: all mutants are judged anew"));
  EXPECT_EQ(count(parsed(again), "killed"), 0U);
  EXPECT_EQ(count(parsed(again), "survived"), 1U) << "the other one does not compile";
}

TEST_F(Mutate, ReturnsToWhatIsKnownUnderAnEarlierKey) {
  const auto before = parsed(mutate({"--most", "2", "--json"}));
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("20ms"), 4, "30ms"));
  const auto between = parsed(mutate({"--most", "2", "--json"}));
  EXPECT_NE(between["key"], before["key"]);
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return ends_the_program; };
  write("experiments/two/experiment.toml", experiment);
  const auto again = mutate({"--most", "2", "--json"});
  EXPECT_THAT(again.err, Not(HasSubstr("judged anew")));
  EXPECT_EQ(parsed(again), before);
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("20ms"), 4, "30ms"));
  EXPECT_EQ(parsed(mutate({"--most", "2", "--json"})), between);
}

TEST_F(Mutate, KeepsWhatIsKnownWhenItIsInterrupted) {
  const auto all = parsed(mutate({"--list", "--json", "--most", "4"}))["mutants"];
  play(all[0], complains_in_one);
  play(all[1], interrupts);
  const auto stopped = mutate({"--most", "4"});
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.err, HasSubstr("assay: stopping: guests are being destroyed and kernel trees removed, "
                                     "what is known of mutants is kept"));
  EXPECT_THAT(stopped.err, EndsWith("assay: interrupted; the same command goes on\n"));
  const auto half = kept();
  EXPECT_EQ(count(half, "killed"), 1U);
  EXPECT_EQ(count(half, "waiting"), 3U);
  EXPECT_EQ(half["mutants"][1]["trials"], 0);
  odd_.clear();
  const auto ended = mutate({"--most", "4", "--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.err, Not(HasSubstr("trials of the unchanged kernels")));
  const auto whole = parsed(ended);
  EXPECT_EQ(whole["baseline"], half["baseline"]);
  EXPECT_EQ(count(whole, "waiting"), 0U);
  EXPECT_EQ(whole["mutants"][0], half["mutants"][0]);
  EXPECT_EQ(whole["mutants"][1]["fate"], "survived");
}

TEST_F(Mutate, SaysWhatToDoWithADamagedScore) {
  write(folder_ / "score.json", "{\"schema\": 1");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot go on in " + (root() / folder_).string()),
                               HasSubstr("move score.json away")));
  EXPECT_EQ(text_of(folder_ / "score.json"), "{\"schema\": 1") << "it is still there";
}

TEST_F(Mutate, DisregardsAClaimThatNoticesTheUnchangedKernel) {
  play_on("unchanged", complains_in_one);
  const auto ended = mutate({"--most", "1", "--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("claim quiet notices the unchanged kernel, too, and is disregarded: "));
  EXPECT_THAT(parsed(ended)["held"], ElementsAre("content"));
  EXPECT_THAT(parsed(ended)["not_held"], ElementsAre("quiet"));
  odd_.clear();
  const auto more = parsed(mutate({"--most", "2", "--json"}));
  EXPECT_THAT(more["not_held"], ElementsAre("quiet")) << "also by a call that goes on";
}

TEST_F(Mutate, JudgesAnewWhatADisregardedClaimFound) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, complains_in_one);
  expect_killed(parsed(mutate({"--most", "1", "--json"}))["mutants"][0], "claim refuted", "quiet");
  play_on("unchanged", complains_in_one);
  const auto both = parsed(mutate({"--most", "2", "--json"}));
  expect_killed(both["mutants"][0], "finding", "");
}

}  // namespace
}  // namespace assay::cli
