// SPDX-License-Identifier: GPL-2.0-or-later
// What one trial showed and another does not.
#include "on_mutants.hpp"

namespace assay::cli {
namespace {

using testing::HasSubstr;

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
