// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/parameters.hpp"

#include <gtest/gtest.h>

namespace assay::agent {
namespace {

Workload sample_workload() {
  return {
      .name = "sample",
      .summary = "For tests.",
      .parameters =
          {{.name = "threads", .unit = "threads", .default_value = "2", .min = 1, .max = 64, .help = ""},
           {.name = "room", .type = ParameterType::size, .unit = "bytes", .default_value = "64K", .help = ""},
           {.name = "writer", .type = ParameterType::boolean, .default_value = "false", .help = ""},
           {.name = "mapping",
            .type = ParameterType::choice,
            .default_value = "memfd",
            .choices = {"memfd", "tmpfs"},
            .help = ""},
           {.name = "time",
            .type = ParameterType::duration,
            .unit = "ns",
            .default_value = "10ms",
            .max = 60'000'000'000,
            .help = ""}},
      .counters = {},
      .checks = {},
      .run = nullptr};
}

std::string refusal_of(const Values::Given& given) {
  try {
    const Values values(sample_workload(), given);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return "accepted";
}

TEST(Parameters, Defaults) {
  const Values values(sample_workload(), {});
  EXPECT_EQ(values.number("threads"), 2);
  EXPECT_EQ(values.number("room"), 65536);
  EXPECT_EQ(values.number("writer"), 0);
  EXPECT_EQ(values.number("mapping"), 0);
  EXPECT_EQ(values.number("time"), 10'000'000);
}

TEST(Parameters, Given) {
  const Values::Given given{
      {"threads", "64"}, {"room", "2M"}, {"writer", "true"}, {"mapping", "tmpfs"}, {"time", "1min"}};
  const Values values(sample_workload(), given);
  EXPECT_EQ(values.number("threads"), 64);
  EXPECT_EQ(values.number("room"), 2 << 20);
  EXPECT_EQ(values.number("writer"), 1);
  EXPECT_EQ(values.number("mapping"), 1);
  EXPECT_EQ(values.number("time"), 60'000'000'000);
}

TEST(Parameters, RefusalsNameParameterRangeAndNearestName) {
  EXPECT_EQ(
      refusal_of({{"thread", "2"}}),
      "sample has no parameter \"thread\"; did you mean \"threads\"?; it has threads, room, writer, mapping, "
      "time");
  EXPECT_EQ(refusal_of({{"threads", "65"}}),
            "sample: parameter threads is \"65\"; it must be a number from 1 to 64 threads");
  EXPECT_EQ(
      refusal_of({{"mapping", "tmpfz"}}),
      "sample: parameter mapping is \"tmpfz\"; it must be one of memfd, tmpfs; did you mean \"tmpfs\"?");
  EXPECT_EQ(refusal_of({{"threads", "1"}, {"threads", "2"}}), "sample: parameter threads is given twice");
}

TEST(Parameters, WrongTypes) {
  for (const auto& [name, text] : Values::Given{{"threads", ""},
                                                {"threads", "two"},
                                                {"threads", "2 "},
                                                {"threads", "2x"},
                                                {"threads", "99999999999999999999"},
                                                {"threads", "-1"},
                                                {"room", "1T"},
                                                {"room", "9999999999G"},
                                                {"room", "-4K"},
                                                {"writer", "maybe"},
                                                {"mapping", ""},
                                                {"time", "10"},
                                                {"time", "10 ms"},
                                                {"time", "2min"}}) {
    EXPECT_NE(refusal_of({{name, text}}).find("parameter " + name + " is \"" + text + "\""),
              std::string::npos)
        << name << "=" << text;
  }
}

TEST(Parameters, NearestIsNotFarFetched) {
  const std::vector<std::string_view> names{"fault.shared", "idle", "memory.exhaust"};
  EXPECT_EQ(nearest("fault.shard", names), "fault.shared");
  EXPECT_EQ(nearest("idel", names), "idle");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(nearest("", names), "");
}

}  // namespace
}  // namespace assay::agent
