// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"

#include "experiment/sample_catalogue.hpp"

#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

TEST(Catalogue, ReadsWhatTheAgentSays) {
  const auto catalogue = Catalogue::from_json(sample_describe);
  ASSERT_TRUE(catalogue) << catalogue.error().text();
  EXPECT_EQ(catalogue->agent_version(), "0.1.0");
  ASSERT_EQ(catalogue->workloads().size(), 2U);
  const auto* workload = catalogue->workload("fault.shared");
  ASSERT_NE(workload, nullptr);
  const auto* pages = workload->parameter("pages");
  ASSERT_NE(pages, nullptr);
  EXPECT_EQ(pages->type, "integer");
  EXPECT_EQ(pages->unit, "pages");
  EXPECT_EQ(pages->default_value, "256");
  EXPECT_EQ(pages->max, 65536);
  EXPECT_EQ(workload->parameter("writer")->default_value, "false");
  EXPECT_EQ(workload->parameter("mapping")->choices.size(), 3U);
  EXPECT_FALSE(workload->parameter("mapping")->min.has_value());
  EXPECT_EQ(workload->counters.at(0).name, "touches");
  EXPECT_EQ(workload->parameter("page"), nullptr);
  ASSERT_EQ(catalogue->samplers().size(), 2U);
  EXPECT_EQ(catalogue->samplers().at(0).metrics.at(1).name, "vma_lock_retry");
}

TEST(Catalogue, RefusesWhatNoAgentSays) {
  for (const auto* text :
       {"", "{", "[]", R"({"agent": 1, "workloads": []})", R"({"agent": "1"})",
        R"({"agent": "1", "workloads": [{"name": 3}]})",
        R"({"agent": "1", "workloads": [{"name": "a", "parameters": [{"name": "b"}]}]})"}) {
    const auto catalogue = Catalogue::from_json(text);
    ASSERT_FALSE(catalogue) << text;
    EXPECT_EQ(catalogue.error().kind(), Failure::infrastructure) << text;
  }
}

}  // namespace
}  // namespace assay::experiment
