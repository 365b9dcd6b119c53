// SPDX-License-Identifier: GPL-2.0-or-later
// Trials whose kernels are watched, or cannot be.
#include "fake_run.hpp"
#include "probe/layout.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

namespace assay::trial::fake {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Probes : public FakeRun {
 protected:
  /// A probe of both variants, as if it had been found in their kernels.
  void watch(std::string_view text, std::vector<std::string> workloads, bool automatic = false) {
    auto spec = probe::parse_probe(text);
    ASSERT_TRUE(spec) << spec.error().text();
    spec->workloads = std::move(workloads);
    spec->automatic = automatic;
    probe::KernelProbes probes;
    probes.probes.push_back({*spec, {{spec->places.front(), {{0x1000, "f"}}, std::nullopt}}});
    for (const auto& variant : experiment_.variants) {
      probing_.kernels[variant.name] = probes;
    }
    experiment_.probes = {*spec};
  }

  /// What QEMU's plugin says when it has read its file.
  static void load_plugin(const std::filesystem::path& file) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    probe::Header header;
    stream.seekp(reinterpret_cast<char*>(&header.loaded) - reinterpret_cast<char*>(&header));
    const std::uint32_t loaded = 1;
    stream.write(reinterpret_cast<const char*>(&loaded), sizeof loaded);
  }

  static Task<> healthy(Inside& guest) {
    co_await guest.hello();
    co_await guest.serve();
  }
};

TEST_F(Probes, AreSkippedUnderKvmWithTheReason) {
  watch("stall=delay,20ms@f", {"two"});
  experiment_.machines.front().accel = machine::Accel::kvm;
  only_variant_a();
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/two skip", "a/one pass"));
  EXPECT_THAT(record("a", "two").reason, HasSubstr("probe stall (delay of 20 ms at f) needs emulation"));
}

TEST_F(Probes, BootNothingWhenAllIsSkipped) {
  watch("hits=count@f", {});
  experiment_.machines.front().accel = machine::Accel::kvm;
  run();
  EXPECT_EQ(sink_.records.size(), 4U);
  EXPECT_EQ(hypervisor_->created, 0U);
}

TEST_F(Probes, ThatNobodyAskedForSkipNothing) {
  watch("patch=cover@f", {}, true);
  experiment_.machines.front().accel = machine::Accel::kvm;
  only_variant_a();
  run();
  EXPECT_THAT(outcomes(), ElementsAre("a/one pass", "a/two pass"));
  EXPECT_TRUE(record("a", "one").probes.empty());
}

TEST_F(Probes, AreInTheRecordWithTheirFigures) {
  watch("hits=count@f", {"one"});
  experiment_.machines.front().accel = machine::Accel::tcg;
  only_variant_a();
  hypervisor_->cast = [](const machine::BootSpec& boot, unsigned) {
    load_plugin(boot.probes);
    return Script(healthy);
  };
  run();
  const auto one = record("a", "one");
  ASSERT_EQ(one.probes.size(), 1U);
  EXPECT_EQ(one.probes.front().what, "count at f");
  EXPECT_NE(one.counter("probe.hits"), nullptr);
  EXPECT_NE(one.counter("probe.hits.cpu1"), nullptr);
  EXPECT_TRUE(record("a", "two").probes.empty());
}

TEST_F(Probes, ThatTheGuestDoesNotHaveLoseTheTrial) {
  watch("hits=count@f", {});
  experiment_.machines.front().accel = machine::Accel::tcg;
  only_variant_a();
  run();
  EXPECT_THAT(record("a", "one").reason, HasSubstr("did not load the plugin"));
  EXPECT_EQ(record("a", "one").outcome, Outcome::lost);
}

}  // namespace
}  // namespace assay::trial::fake
