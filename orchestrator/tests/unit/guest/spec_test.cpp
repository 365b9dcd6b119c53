// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/spec.hpp"

#include <gtest/gtest.h>

namespace assay::guest {
namespace {

machine::MachineSpec machine_with(machine::Accel accel) {
  machine::MachineSpec machine;
  machine.accel = accel;
  return machine;
}

TEST(SpecOf, HasWhatItBootsAndWhereItLives) {
  const auto spec = spec_of(machine_with(machine::Accel::kvm), {"/k/image", "/i.cpio", "quiet", {}},
                            {"run-guest", "/run/guest", "/s/1.sock"});
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
  const Boots watched{"k", "i", {}, "/plugin.so"};
  const auto emulated = spec_of(machine_with(machine::Accel::tcg), watched, {"g", "/g", "s"});
  EXPECT_EQ(emulated.boot.plugin, "/plugin.so");
  EXPECT_EQ(emulated.boot.probes, "/g/probes");
  EXPECT_EQ(spec_of(machine_with(machine::Accel::kvm), watched, {"g", "/g", "s"}).boot.probes, "");
  EXPECT_EQ(spec_of(machine_with(machine::Accel::tcg), {"k", "i", {}, {}}, {"g", "/g", "s"}).boot.probes, "");
}

TEST(HomeIn, HasASocketOfItsOwnHoweverLongTheFolder) {
  const auto one = home_in("g", std::string(200, 'x'), "/s");
  EXPECT_LE(one.channel.string().size(), 30U);
  EXPECT_NE(one.channel, home_in("g", std::string(201, 'x'), "/s").channel);
}

}  // namespace
}  // namespace assay::guest
