// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_facts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::report {
namespace {

TEST(MachineTexts, SayWhatTheExperimentSays) {
  store::RunView view;
  view.run.experiment_toml = R"(
[machines.plain]
[machines.big]
nodes = 2
swap = "256M"
[machines.unused]
)";
  for (const auto* machine : {"big", "plain", "forgotten"}) {
    view.trials.emplace_back().key.machine = machine;
  }
  EXPECT_EQ(machine_texts(view),
            (std::vector<std::string>{
                "plain: x86_64, 2 vCPUs, 512 MiB, cpu max",
                "big: x86_64, 2 vCPUs, 512 MiB in 2 NUMA nodes, 256 MiB of swap, cpu max", "forgotten"}));
}

}  // namespace
}  // namespace assay::report
