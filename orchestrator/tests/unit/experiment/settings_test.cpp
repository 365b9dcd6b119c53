// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace assay::experiment {
namespace {

using testing::HasSubstr;

/// Something other than the default in every member.
Settings all_set() {
  Settings settings;
  settings.trials = 6;
  settings.until_decided = true;
  settings.max_trials = 30;
  settings.workloads = {"write"};
  settings.variants = {"old", "new"};
  settings.machines = {"pc"};
  settings.repeat = 3;
  settings.thorough = true;
  settings.seed = 18446744073709551615U;
  settings.kernels = {"old=my kernel"};
  settings.probes = {"x=count@do_mmap"};
  settings.accel = "tcg";
  settings.jobs = 2;
  return settings;
}

std::string refusal(std::string_view json) {
  const auto settings = settings_from(json);
  return settings ? "" : settings.error().text();
}

TEST(Settings, EachHasARow) {
  // A member that has no row is lost here.
  const auto read = settings_from(to_json(all_set()));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(to_json(*read), to_json(all_set()));
  // A new member does not compile here: give it a row in run_settings(), and a value above.
  [[maybe_unused]] const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = *read;
  EXPECT_EQ(run_settings().size(), 13U);
  std::set<std::string> keys;
  for (const auto& setting : run_settings()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    EXPECT_EQ(setting.on_resume == OnResume::now,
              to_json(all_set()).find('"' + std::string(setting.key) + '"') == std::string::npos)
        << setting.key << " is kept with the run, or belongs to this host";
  }
}

TEST(Settings, OfNothingAreNothing) { EXPECT_EQ(to_json({}), "{}"); }

TEST(Settings, RefuseWhatTheyAreNot) {
  EXPECT_EQ(refusal("{"), "the settings are no JSON object: {");
  EXPECT_EQ(refusal(R"({"trails": 5})"), "a run has no setting \"trails\"");
  EXPECT_EQ(refusal(R"({"trials": 0})"), "trials = 0 is not a whole number from 1 to 100000");
  EXPECT_EQ(refusal(R"({"trials": -1})"), "trials = -1 is not a whole number from 1 to 100000");
  EXPECT_EQ(refusal(R"({"trials": 1.5})"), "trials = 1.5 is not a whole number from 1 to 100000");
  EXPECT_EQ(refusal(R"({"thorough": 1})"), "thorough = 1 is not true or false");
  EXPECT_EQ(refusal(R"({"accel": "xen"})"), "accel = \"xen\" is not one of auto, kvm, tcg");
  EXPECT_EQ(refusal(R"({"kernels": "a=b"})"), "kernels = \"a=b\" is not a list of texts");
  EXPECT_EQ(refusal(R"({"probes": [1]})"), "probes = [1] is not a list of texts");
}

TEST(Settings, OfAResumedRunAreThoseThatItBeganWith) {
  auto now = Settings();
  now.trials = 7;
  now.max_trials = 700;
  now.seed = 5;
  now.jobs = 9;
  auto expected = all_set();
  expected.jobs = 9;
  EXPECT_EQ(to_json(resumed(all_set(), now)), to_json(expected)) << "its looks are fixed";
  EXPECT_EQ(resumed(all_set(), now).jobs, 9U);

  Settings plain;
  plain.trials = 3;
  EXPECT_EQ(resumed(plain, now).trials, 7U) << "without looks there may be more trials";
  EXPECT_EQ(resumed(plain, {}).trials, 3U);
  EXPECT_FALSE(resumed(plain, now).seed);
}

TEST(Settings, AreTheOptionsThatMakeThemAgain) {
  EXPECT_EQ(command_line(to_json(all_set()), true),
            " --trials 6 --until-decided --max-trials 30 --workload write --variant old --variant new"
            " --machine pc --repeat 3 --thorough --seed 18446744073709551615 --kernel 'old=my kernel'"
            " --probe x=count@do_mmap --accel tcg");
  EXPECT_EQ(command_line(to_json(all_set()), false),
            " --seed 18446744073709551615 --kernel 'old=my kernel' --probe x=count@do_mmap --accel tcg");
  EXPECT_EQ(command_line("no JSON", true), "");
  EXPECT_THAT(command_line(R"({"kernels": ["a=$(rm)\n"], "else": 1})", true), HasSubstr("--kernel 'a=$(rm)"));
}

}  // namespace
}  // namespace assay::experiment
