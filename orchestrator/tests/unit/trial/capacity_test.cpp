// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/capacity.hpp"

#include "scratch.hpp"

#include <gtest/gtest.h>

#include <map>

namespace assay::trial {
namespace {

/// A host with 64 GiB available, whatever this one has.
class HostCapacity : public testing::Test {
 protected:
  HostCapacity() { scratch_.write("proc/meminfo", "MemTotal: 99999999 kB\nMemAvailable:   67108864 kB\n"); }

  Capacity capacity() const {
    return host_capacity({scratch_.root(), [this](const char* name) {
                            const auto found = variables_.find(name);
                            return found == variables_.end() ? nullptr : found->second.c_str();
                          }});
  }

  Scratch scratch_;
  std::map<std::string, std::string> variables_;
};

TEST_F(HostCapacity, LeavesAQuarterOfTheMemory) {
  EXPECT_EQ(capacity().memory, gib(48));
  EXPECT_GE(capacity().guests, 1U);
  EXPECT_EQ(capacity().limited_by, "");
}

TEST_F(HostCapacity, HeedsCgroupsOfVersion2UpToTheRoot) {
  scratch_.write("proc/self/cgroup", "0::/slurm/job_7/step\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/memory.max", "8589934592\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/memory.current", "5368709120\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/memory.stat",
                 "anon 1\ninactive_file_extra 9\ninactive_file 1073741824\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/step/memory.max", "max\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/step/memory.current", "5368709120\n");
  scratch_.write("sys/fs/cgroup/slurm/cpu.max", "150000 100000\n");
  scratch_.write("sys/fs/cgroup/slurm/job_7/cpu.max", "max 100000\n");
  const auto found = capacity();
  EXPECT_EQ(found.memory, gib(3)) << "8 GiB less 4 that cannot go, and of these three quarters";
  EXPECT_EQ(found.guests, 1U);
  EXPECT_NE(found.limited_by.find("memory.max of its cgroup"), std::string::npos);
}

TEST_F(HostCapacity, HeedsCgroupsOfVersion1) {
  scratch_.write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,cpuacct:/job\n3:memory:/job\n0::/\n");
  scratch_.write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "4294967296\n");
  scratch_.write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "0\n");
  scratch_.write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "100000\n");
  scratch_.write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(capacity().memory, gib(3));
  EXPECT_EQ(capacity().guests, 1U);
}

TEST_F(HostCapacity, NoLimitOfVersion1IsNone) {
  scratch_.write("proc/self/cgroup", "4:cpu:/\n3:memory:/\n");
  scratch_.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  scratch_.write("sys/fs/cgroup/memory/memory.usage_in_bytes", "4096\n");
  scratch_.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  scratch_.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(capacity().memory, gib(48));
  EXPECT_EQ(capacity().limited_by, "");
}

TEST_F(HostCapacity, HeedsWhatSlurmGrants) {
  variables_ = {{"SLURM_CPUS_ON_NODE", "1"}, {"SLURM_MEM_PER_NODE", "2048"}};
  const auto found = capacity();
  EXPECT_EQ(found.guests, 1U);
  EXPECT_EQ(found.memory, mib(1536));
  EXPECT_NE(found.limited_by.find("SLURM_MEM_PER_NODE"), std::string::npos);
}

TEST_F(HostCapacity, NonsenseLimitsNothing) {
  variables_ = {{"SLURM_CPUS_ON_NODE", "0"}, {"SLURM_MEM_PER_NODE", "many"}};
  scratch_.write("proc/self/cgroup", "what\n0:\n::\n0::/../../x\n");
  EXPECT_EQ(capacity().memory, gib(48));
}

}  // namespace
}  // namespace assay::trial
