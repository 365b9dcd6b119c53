// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/program_use.hpp"

#include "experiment/experiment_reader.hpp"
#include "experiment/plan.hpp"
#include "experiment/sample_catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// An experiment of which one workload has these keys, in line 2, and one claim these, in line 13.
std::string with(const std::string& keys, const std::string& claim) {
  return fmt::format(R"toml(variants.old.kernel = "linux-6.12"
workloads.mine = {{ {} }}
[experiment]
name = "x"
title = "x"
thread = "1@example.org"
author = "A"
[[claims]]
id = "one"
says = "one"
quote = "q"
workload = "mine"
{}
expect = {{ old = ">= 1" }}
)toml",
                     keys, claim);
}

Result<Experiment> parsed(const std::string& keys, const std::string& claim = "count = \"failure\"") {
  return parse_experiment(with(keys, claim), "x.toml", *Catalogue::from_json(sample_describe));
}

std::string mistakes_in(const std::string& keys, const std::string& claim = "count = \"failure\"") {
  const auto experiment = parsed(keys, claim);
  return experiment ? "none" : experiment.error().text();
}

TEST(ProgramUse, IsAnOrderLikeAnyOther) {
  const auto experiment = parsed(
      R"(program = "repro", arguments = ["-n", "3"], environment = { LANG = "C", PATH = "/x" }, timeout = "5s", )"
      R"(files = ["data", "conf:/etc/conf"], user = "nobody", marks = true, figures = ["retries", "lag us"], )"
      R"(tests = ["maps"], setup = "prepare.c", memory = "64M")");
  ASSERT_TRUE(experiment) << experiment.error().text();
  const auto& run = experiment->workloads.front();
  EXPECT_EQ(run.program->files.back().text, "conf:/etc/conf");
  EXPECT_FALSE(is_source(run.program->program));
  const auto jobs = plan(*experiment, {});
  const auto& order = jobs.front().orders.front();
  EXPECT_EQ(order.name, "mine");
  EXPECT_EQ(order.workload, "repro");
  EXPECT_EQ(order.timeout, std::chrono::seconds(5));
  EXPECT_NE(order.seed, 0U);
  ASSERT_TRUE(order.program);
  EXPECT_THAT(order.program->run.arguments, ElementsAre("", "-n", "3"))
      << "where it is in the guest is found later";
  EXPECT_THAT(order.program->run.environment, ElementsAre("LANG=C", "PATH=/x"));
  EXPECT_EQ(order.program->run.directory, "/programs/mine");
  EXPECT_EQ(order.program->memory, mib(64));
  EXPECT_FALSE(order.program->setup) << "nor where its setup is";
  EXPECT_FALSE(order.program->settle);
  EXPECT_EQ(order.program->run.user, "nobody");
  EXPECT_TRUE(order.program->marks);
  EXPECT_THAT(order.program->figures, ElementsAre(std::pair("lag", "us"), std::pair("retries", "")));
  EXPECT_THAT(order.program->tests, ElementsAre("maps"));
}

TEST(ProgramUse, HasWordsForClaims) {
  const std::string keys = R"(program = "a", figures = ["retries"], tests = ["maps all"])";
  for (const auto* claim :
       {"figure = \"retries / vmstat.pgfault\"", "figure = \"max_rss\"", "figure = \"ktap.failed\"",
        "count = \"check maps all\"", "count = \"check exit\"", "count = \"check ktap\"",
        "count = \"exit_code >= 1\"", "count = \"failure\"", "count = \"finding KASAN\""}) {
    EXPECT_EQ(mistakes_in(keys, claim), "none") << claim;
  }
  EXPECT_EQ(mistakes_in(keys, "figure = \"retires\""),
            "x.toml:13:11: workload mine has no counter \"retires\"; did you mean \"retries\"?");
  EXPECT_EQ(
      mistakes_in(keys, "figure = \"losses\""),
      "x.toml:13:11: workload mine has no counter \"losses\"; if the program prints it, write figures = "
      "[\"losses\"] there");
  EXPECT_EQ(mistakes_in(keys, "count = \"check stuff\""),
            "x.toml:13:16: workload mine has no check \"stuff\"; if the program prints it, write tests = "
            "[\"stuff\"] there");
  EXPECT_THAT(mistakes_in(keys, "count = \"check marks\""), HasSubstr("has no check \"marks\""));
  EXPECT_EQ(mistakes_in(R"(program = "a", marks = true)", "count = \"check marks\""), "none");
}

TEST(ProgramUse, MistakesNameThePlaceAndTheFix) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"(program = "a", workload = "idle")",
       "2:46: [workloads.mine] has a workload and a program: it is one or the other"},
      {R"(program = "a", params = { x = 1 })",
       "2:44: a program has no params: it gets arguments = [...] and environment = { ... }"},
      {R"(program = "a", argument = ["x"])",
       "2:35: unknown key \"argument\" in [workloads.mine]; did you mean \"arguments\"?"},
      {R"(program = "a", environment = { X = 1 })",
       "2:55: environment.X must be a string, not a whole number"},
      {R"(program = "a", cflags = ["-O0"])",
       "2:44: cflags are for a source, which \"a\" is not: its name would end in .c"},
      {R"(program = "")", ""},
      {R"(program = "b/")", "2:30: \"b/\" names no program"},
      {R"(program = "a", figures = ["vmstat.x"])",
       "2:46: \"vmstat.x\" is no figure of a program: write NAME or \"NAME UNIT\", a name of at most 64 "
       "letters, "
       "digits and \"_\""},
      {R"(program = "a", figures = ["wall_us"])",
       "2:46: each program has a figure \"wall_us\", which is not its own to print: leave it out here, "
       "claims may "
       "use it"},
      {R"(program = "a", figures = ["x", "x us"])", "2:51: \"x\" is there twice"},
      {R"(program = "a", memory = "1K")", "2:44: memory: \"1K\" is out of range: 1M to 1024G"},
      {R"(program = "a", setup = "b/")", "2:43: \"b/\" names no program"},
      {R"(program = "a.c", make = true)",
       "2:44: \"a.c\" is compiled without a Makefile: with make = true, program is what the Makefile makes"},
      {R"(program = "a", timeout = "2")", "2:45: timeout: "},
      {R"(workload = "idle", marks = true)", "2:39: unknown key \"marks\" in [workloads.mine]"},
      {R"(thorough = true)", "2:11: [workloads.mine] has neither a \"workload\" nor a \"program\""},
  };
  for (const auto& [keys, message] : cases) {
    EXPECT_THAT(mistakes_in(keys), HasSubstr("x.toml:" + message)) << keys;
  }
}

TEST(ProgramUse, ATimeOutIsOfAnyWorkload) {
  const auto experiment = parsed(R"(workload = "idle", timeout = "5s")");
  ASSERT_TRUE(experiment) << experiment.error().text();
  EXPECT_EQ(plan(*experiment, {}).front().orders.front().timeout, std::chrono::seconds(5));
}

}  // namespace
}  // namespace assay::experiment
