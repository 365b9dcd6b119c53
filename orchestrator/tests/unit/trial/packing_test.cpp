// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/packing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay::trial {
namespace {

using testing::ElementsAre;

/// Jobs whose machine is the memory of their guest, in MiB.
std::deque<GuestJob> jobs_of(const std::vector<unsigned>& sizes) {
  std::deque<GuestJob> jobs;
  for (const auto size : sizes) {
    jobs.push_back({"a", std::to_string(size), static_cast<unsigned>(jobs.size()), {}, 1});
  }
  return jobs;
}

Bytes size_of(const GuestJob& job) { return mib(std::stoul(job.machine)); }

/// Starts what can start now.
std::vector<std::string> started(Packing& packing, std::deque<GuestJob>& jobs, std::vector<Share>& shares) {
  std::vector<std::string> names;
  while (auto next = packing.next(jobs)) {
    names.push_back(next->first.machine);
    shares.push_back(next->second);
  }
  return names;
}

TEST(Packing, ASmallGuestPassesALargeOneThatDoesNotFit) {
  Packing packing({4, mib(1000)}, size_of);
  auto jobs = jobs_of({600, 800, 300, 50});
  std::vector<Share> shares;
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("600", "300", "50"));
  EXPECT_EQ(jobs.front().machine, "800");
}

TEST(Packing, ALargeGuestIsNotPassedForEver) {
  Packing packing({2, mib(1000)}, size_of);
  auto jobs = jobs_of({600, 800, 300, 300, 300, 300});
  std::vector<Share> shares;
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("600", "300"));
  packing.give_back(shares[1]);
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("300")) << "the second that passes";
  packing.give_back(shares[2]);
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre()) << "800 is next, whatever would fit";
  packing.give_back(shares[0]);
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("800"));
  packing.give_back(shares[3]);
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("300", "300"));
}

TEST(Packing, WhatIsLargerThanTheHostRunsAlone) {
  Packing packing({4, mib(1000)}, size_of);
  auto jobs = jobs_of({2000, 300});
  std::vector<Share> shares;
  EXPECT_THAT(started(packing, jobs, shares), ElementsAre("2000"));
}

TEST(Packing, SlotsAreGivenBack) {
  Packing packing({2, gib(64)}, size_of);
  auto jobs = jobs_of({1, 1, 1});
  std::vector<Share> shares;
  EXPECT_EQ(started(packing, jobs, shares).size(), 2U);
  packing.give_back(shares[0]);
  EXPECT_EQ(started(packing, jobs, shares).size(), 1U);
  EXPECT_EQ(shares[2].slot, 0U);
  EXPECT_EQ(packing.running(), 2U);
}

}  // namespace
}  // namespace assay::trial
