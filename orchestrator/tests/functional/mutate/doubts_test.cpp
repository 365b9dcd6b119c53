// SPDX-License-Identifier: GPL-2.0-or-later
// What one trial showed and another does not.
#include "on_mutants.hpp"

namespace assay::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Mutate, TriesOnWhereTrialsDoNotAgree) {
  const auto one = with_a_number();
  play_in(one, 1, touches_little);
  play_in(one, 1002, touches_little);
  const auto killed = fate_of_the_first();
  expect_killed(killed, "claim refuted", "enough");
  EXPECT_THAT(killed["why"].get<std::string>(), StartsWith("2 of 5 trials of after are not >= 1000"));
  EXPECT_EQ(killed["trials"], 4 + 3);
}

TEST_F(Mutate, IsNotKilledByTheOneTrialThatDoesNotAgree) {
  play_in(with_a_number(), 1, touches_little);
  const auto survivor = fate_of_the_first();
  EXPECT_EQ(survivor["fate"], "survived");
  EXPECT_EQ(survivor["trials"], 4 + 5) << "as many further ones as the claim asks for";
}

TEST_F(Mutate, IsKilledByTheOneTrialInWhichSomethingHappensThatNeverDoes) {
  play_in(with_a_number(), 1, complains_in_one);
  const auto killed = fate_of_the_first();
  expect_killed(killed, "claim refuted", "quiet");
}

TEST_F(Mutate, DecidesNothingByADoubtThatWasCutOff) {
  const auto one = with_a_number();
  play_in(one, 1, touches_little);
  play_in(one, 1001, interrupts);
  EXPECT_EQ(mutate({"--most", "1"}).code, 130);
  EXPECT_EQ(kept()["mutants"][0]["fate"], "waiting");
}

TEST_F(Mutate, ASecondTrialHasToTakeTooLongAsWell) {
  const auto one = with_a_number();
  play_in(one, 0, takes_too_long);
  EXPECT_EQ(fate_of_the_first()["fate"], "survived") << "the host was busy";
  fs::remove(root() / folder_ / "score.json");
  play_in(one, 1000, takes_too_long);
  const auto killed = fate_of_the_first();
  expect_killed(killed, "check failed", "");
  EXPECT_THAT(killed["why"].get<std::string>(),
              StartsWith("the workload did not finish within its time-out"));
}

TEST_F(Mutate, ASecondTrialHasToBeSkippedAsWell) {
  const auto one = with_a_number();
  play_in(one, 0, skips_idle);
  EXPECT_EQ(fate_of_the_first()["fate"], "survived");
  fs::remove(root() / folder_ / "score.json");
  play_in(one, 1000, skips_idle);
  const auto killed = fate_of_the_first();
  expect_killed(killed, "claim undecided", "quiet");
  EXPECT_THAT(killed["why"].get<std::string>(), HasSubstr("skip: no userfaultfd"));
}

TEST_F(Mutate, IsNotedByAGuestThatGoesAwayWhereTheUnchangedOneStays) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, dies_after_hello);
  const auto killed = mutate({"--most", "1", "--json"});
  EXPECT_EQ(killed.code, 0) << killed.err;
  expect_killed(parsed(killed)["mutants"][0], "finding", "");
  EXPECT_THAT(parsed(killed)["mutants"][0]["why"].get<std::string>(), HasSubstr("guest powered off"));
}

TEST_F(Mutate, EndsWhereTheUnchangedKernelIsLostAsWell) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, dies_after_hello);
  play_on("after-default-1000", dies_after_hello);
  const auto lost = mutate({"--most", "1"});
  EXPECT_EQ(lost.code, 70) << lost.err;
  EXPECT_THAT(lost.err, HasSubstr("assay: cannot try the mutants of after: guest powered off"));
  EXPECT_EQ(kept()["mutants"][0]["fate"], "waiting");
}

TEST_F(Mutate, DecidesNothingByATrialThatWasCutOff) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, skips_idle);
  play_on(one["id"].get<std::string>() + "-default-1000", interrupts);  // where what it showed is seen again
  EXPECT_EQ(assay({"mutate", "two", "--accel", "kvm", "--most", "1", "--trials", "1"}).code, 130);
  EXPECT_EQ(kept()["mutants"][0]["fate"], "waiting");
}

}  // namespace
}  // namespace assay::cli
