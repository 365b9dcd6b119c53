// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent_process.hpp"
#include "contract/workload.hpp"
#include "metrics/known_metrics.hpp"
#include "version.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace assay::agent {
namespace {

using nlohmann::json;

TEST(Describe, SaysAllThatAnExperimentMayName) {
  const Finished finished = run_agent({"--describe"});
  ASSERT_EQ(finished.status, 0);
  const json all = json::parse(finished.out);
  EXPECT_EQ(all["agent"], std::string(agent_version));
  EXPECT_EQ(all["protocol"], wire::protocol_version);
  ASSERT_EQ(all["workloads"].size(), all_workloads().size());
  for (const auto& workload : all["workloads"]) {
    EXPECT_TRUE(workload["summary"].get<std::string>().ends_with(".")) << workload["name"];
    for (const auto& parameter : workload["parameters"]) {
      EXPECT_TRUE(parameter["default"].is_string()) << parameter;
      EXPECT_FALSE(parameter["help"].get<std::string>().empty()) << parameter;
      EXPECT_EQ(parameter["type"] == "choice", parameter.contains("choices")) << parameter;
      EXPECT_EQ(parameter["type"] == "choice" || parameter["type"] == "bool", !parameter.contains("min"))
          << parameter;
    }
    for (const auto& counter : workload["counters"]) {
      EXPECT_FALSE(counter["unit"].get<std::string>().empty()) << counter;
      EXPECT_FALSE(counter["help"].get<std::string>().empty()) << counter;
    }
  }
  ASSERT_EQ(all["samplers"].size(), 4U);
  EXPECT_EQ(all["samplers"][0]["name"], "vmstat");
  EXPECT_GT(all["samplers"][0]["metrics"].size(), 150U);
}

TEST(Describe, NamesAreUniqueAndDefaultsAreValid) {
  std::set<std::string_view> names;
  for (const auto& workload : all_workloads()) {
    EXPECT_TRUE(names.insert(workload.name).second) << workload.name;
    EXPECT_NE(workload.run, nullptr) << workload.name;
    EXPECT_EQ(find_workload(workload.name), &workload);
  }
  EXPECT_TRUE(std::ranges::is_sorted(all_workloads(), {}, &Workload::name));
  EXPECT_EQ(find_workload("no.such"), nullptr);
}

TEST(Describe, KnowsTheMetricsOfThisKernelsFamily) {
  const auto vmstat = known_metrics(ProcKind::vmstat);
  for (const std::string_view name :
       {"pgfault", "oom_kill", "vma_lock_retry", "pgalloc_normal", "nr_free_pages"}) {
    EXPECT_NE(std::ranges::find(vmstat, name), vmstat.end()) << name;
  }
  EXPECT_EQ(std::set(vmstat.begin(), vmstat.end()).size(), vmstat.size());
}

TEST(Local, IdlePasses) {
  const Finished finished = run_agent({"--local", "idle", "duration=5ms", "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  const json result = json::parse(finished.out);
  EXPECT_EQ(result["outcome"], "pass");
  EXPECT_GE(result["end_ns"].get<std::int64_t>() - result["begin_ns"].get<std::int64_t>(), 5'000'000);
}

class FaultShared : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(FaultShared, CountsItsTouches) {
  std::vector<std::string> arguments{"--local",  "fault.shared", "pages=64",
                                     "rounds=3", "threads=3",    "--json"};
  arguments.insert(arguments.end(), GetParam().begin(), GetParam().end());
  const Finished finished = run_agent(arguments);
  if (WEXITSTATUS(finished.status) == 77) {
    GTEST_SKIP() << finished.err;
  }
  ASSERT_EQ(finished.status, 0) << finished.err << finished.out;
  const json result = json::parse(finished.out);
  EXPECT_EQ(result["counters"]["touches"], 64 * 3);
  EXPECT_EQ(result["counters"]["rounds"], 3);
  EXPECT_GT(result["counters"]["touch_time"], 0);
  EXPECT_FALSE(result["checks"].empty());
}

INSTANTIATE_TEST_SUITE_P(Mappings, FaultShared,
                         ::testing::Values(std::vector<std::string>{},
                                           std::vector<std::string>{"writer=true"},
                                           std::vector<std::string>{"mapping=tmpfs", "cold=true"},
                                           std::vector<std::string>{"mapping=ramfs"},
                                           std::vector<std::string>{"writer=true", "gap=100us", "slow=1s"},
                                           std::vector<std::string>{"access=read", "cold=true"},
                                           std::vector<std::string>{"access=read"},
                                           std::vector<std::string>{"mapping=private-file"},
                                           std::vector<std::string>{"mapping=private-file", "cold=true"},
                                           std::vector<std::string>{"mapping=perf", "access=read"},
                                           std::vector<std::string>{"mapping=perf-page"}));

TEST(FaultSharedLocal, EveryWriteIsRefused) {
  const Finished finished = run_agent(
      {"--local", "fault.shared", "pages=64", "rounds=3", "threads=3", "mapping=memfd-end", "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err << finished.out;
  EXPECT_EQ(json::parse(finished.out)["counters"]["refused"], 64 * 3);
}

TEST(FaultSharedLocal, ThreadsMeetOnEachPage) {
  const Finished finished =
      run_agent({"--local", "fault.shared", "pages=64", "rounds=3", "threads=3", "together=true", "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err << finished.out;
  EXPECT_EQ(json::parse(finished.out)["counters"]["touches"], 64 * 3 * 3);
}

TEST(Local, ExhaustStopsAtItsLimit) {
  const Finished finished = run_agent({"--local", "memory.exhaust", "limit=4M", "--json"});
  ASSERT_EQ(finished.status, 0) << finished.err;
  EXPECT_EQ(json::parse(finished.out)["counters"]["allocated"], 4 << 20);
}

TEST(Local, AHostIsNotCrashed) {
  const Finished finished = run_agent({"--local", "guest.crash"});
  EXPECT_EQ(WEXITSTATUS(finished.status), 77) << finished.out;
}

TEST(Local, WrongUsage) {
  struct Case {
    std::vector<std::string> arguments;
    std::string says;
  };
  for (const auto& [arguments, says] : std::vector<Case>{
           {{}, "nothing to do"},
           {{"--frobnicate"}, "--frobnicate"},
           {{"--local"}, "takes a workload"},
           {{"--local", "fault.shard"}, "did you mean \"fault.shared\""},
           {{"--local", "fault.shared", "page=3"}, "did you mean \"pages\""},
           {{"--local", "fault.shared", "pages=0"}, "from 1 to"},
           {{"--local", "fault.shared", "pages"}, "not NAME=VALUE"},
           {{"--local", "fault.shared", "pages=2", "threads=3"}, "pages must not be below threads"},
           {{"--local", "fault.shared", "mapping=perf"}, "access = read"},
           {{"--local", "fault.shared", "mapping=kvm-vcpu", "access=read"}, "at most 2 pages"},
           {{"--local", "idle", "--seed"}, "--seed takes a number"}}) {
    const Finished finished = run_agent(arguments);
    EXPECT_EQ(WEXITSTATUS(finished.status), 2) << finished.err;
    EXPECT_NE(finished.err.find(says), std::string::npos) << finished.err;
  }
}

TEST(Program, HelpAndVersion) {
  EXPECT_NE(run_agent({"--help"}).out.find("usage:"), std::string::npos);
  EXPECT_EQ(run_agent({"--version"}).out, "assay-agent " + std::string(agent_version) + "\n");
  EXPECT_EQ(WEXITSTATUS(run_agent({"--connect", "/no/such/socket"}).status), 70);
}

}  // namespace
}  // namespace assay::agent
