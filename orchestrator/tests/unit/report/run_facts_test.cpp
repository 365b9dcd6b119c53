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
[machines.odd]
nodes = [{ vcpus = 3, memory = "256M" }, { memory = "64M" }, { vcpus = 1, dimms = ["128M"] }]
distances = [[10, 20, 40], [20, 10, 40], [40, 40, 10]]
disks = ["64M"]
clock = "instructions"
append = "hugepages=4"
qemu_options = ["-device", "virtio-rng-pci"]
[machines.unused]
)";
  for (const auto* machine : {"big", "plain", "odd", "forgotten"}) {
    view.trials.emplace_back().key.machine = machine;
  }
  EXPECT_EQ(
      machine_texts(view),
      (std::vector<std::string>{"plain: x86_64, 2 vCPUs, 512 MiB, cpu max",
                                "big: x86_64, 2 vCPUs, 512 MiB in 2 NUMA nodes, 256 MiB of swap, cpu max",
                                "odd: x86_64, 4 vCPUs, 320 MiB in 3 NUMA nodes (3 vCPUs and 256 MiB; 64 MiB; "
                                "1 vCPU) with distances "
                                "10 20 40 / 20 10 40 / 40 40 10, a DIMM of 128 MiB in node 2, a disk of 64 "
                                "MiB, cpu max, a clock of "
                                "instructions, its kernel gets hugepages=4, QEMU gets -device virtio-rng-pci",
                                "forgotten"}));
}

}  // namespace
}  // namespace assay::report
