// SPDX-License-Identifier: GPL-2.0-or-later
// What is known is not tried again.
#include "on_mutants.hpp"

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
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

TEST_F(Mutate, TriesAllAgainUnderAnotherExperiment) {
  play(parsed(mutate({"--list", "--json", "--most", "2"}))["mutants"][0], complains_in_one);
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U);
  odd_.clear();
  write("experiments/two/experiment.toml", std::string(experiment) + "# a word\n");
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U) << "it judges as before";
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("20ms"), 4, "30ms"));
  const auto again = mutate({"--most", "2", "--json"});
  EXPECT_THAT(again.err, HasSubstr("experiment, kernels or agent have changed: all mutants are judged anew"));
  EXPECT_EQ(count(parsed(again), "killed"), 0U);
  EXPECT_EQ(count(parsed(again), "survived"), 1U) << "the other one does not compile";
}

TEST_F(Mutate, KeepsWhatIsKnownWhenItIsInterrupted) {
  const auto all = parsed(mutate({"--list", "--json", "--most", "4"}))["mutants"];
  play(all[0], complains_in_one);
  play(all[1], interrupts);
  const auto stopped = mutate({"--most", "4"});
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.err,
              HasSubstr("assay: stopping: guests are being destroyed, what is known of mutants is kept"));
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

}  // namespace
}  // namespace assay::cli
