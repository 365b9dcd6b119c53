// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/spec.hpp"

#include "guest/patience.hpp"

#include <gtest/gtest.h>

namespace assay::guest {
namespace {

machine::MachineSpec machine_with(machine::Accel accel) {
  machine::MachineSpec machine;
  machine.accel = accel;
  return machine;
}

TEST(SpecOf, HasWhatItBootsAndWhereItLives) {
  const auto spec = spec_of(machine_with(machine::Accel::kvm),
                            {"/k/image", "/i.cpio", "quiet", {}, machine::Debugging::none},
                            {"run-guest", "/run/guest", "/s/1.sock", "/s/1.gdb"});
  EXPECT_EQ(spec.boot.guest, "run-guest");
  EXPECT_EQ(spec.boot.kernel, "/k/image");
  EXPECT_EQ(spec.boot.initramfs, "/i.cpio");
  EXPECT_EQ(spec.boot.kernel_arguments, "quiet");
  EXPECT_EQ(spec.boot.console_log, "/run/guest/console.log");
  EXPECT_EQ(spec.boot.disks, "/run/guest");
  EXPECT_EQ(spec.boot.channel_socket, "/s/1.sock");
  EXPECT_NE(xml_of(spec).find("<kernel>/k/image</kernel>"), std::string::npos);
}

TEST(SpecOf, WatchesOnlyEmulatedGuests) {
  const Boots watched{"k", "i", {}, "/plugin.so", machine::Debugging::none};
  const auto emulated = spec_of(machine_with(machine::Accel::tcg), watched, {"g", "/g", "s", "d"});
  EXPECT_EQ(emulated.boot.plugin, "/plugin.so");
  EXPECT_EQ(emulated.boot.probes, "/g/probes");
  EXPECT_EQ(spec_of(machine_with(machine::Accel::kvm), watched, {"g", "/g", "s", "d"}).boot.probes, "");
  EXPECT_EQ(spec_of(machine_with(machine::Accel::tcg), {"k", "i", {}, {}, machine::Debugging::none},
                    {"g", "/g", "s", "d"})
                .boot.probes,
            "");
}

TEST(SpecOf, SaysWhereGdbComesIn) {
  const auto spec =
      spec_of(machine_with(machine::Accel::tcg), {"k", "i", {}, {}, machine::Debugging::stopped},
              {"g", "/g", "/s/1.sock", "/s/1.gdb"});
  EXPECT_EQ(spec.boot.debugging, machine::Debugging::stopped);
  EXPECT_EQ(spec.boot.debugger_socket, "/s/1.gdb");
  EXPECT_NE(xml_of(spec).find("path=/s/1.gdb"), std::string::npos);
}

TEST(PatienceWith, ADebuggerHasNoEnd) {
  const auto patience = Patience::with_debugger();
  const auto years = std::chrono::hours(24 * 365);
  for (const auto limit :
       {patience.boot, patience.silence, patience.busy, patience.overtime, patience.copy}) {
    EXPECT_GT(limit, years);
    EXPECT_GT(Clock::now() + limit, Clock::now()) << "it overflows";
  }
  EXPECT_TRUE(patience.survives_reports);
  EXPECT_FALSE(Patience().survives_reports);
}

TEST(HomeIn, HasASocketOfItsOwnHoweverLongTheFolder) {
  const auto one = home_in("g", std::string(200, 'x'), "/s");
  EXPECT_LE(one.channel.string().size(), 30U);
  EXPECT_LE(one.debugger.string().size(), 30U);
  EXPECT_NE(one.debugger, one.channel);
  EXPECT_NE(one.channel, home_in("g", std::string(201, 'x'), "/s").channel);
}

}  // namespace
}  // namespace assay::guest
