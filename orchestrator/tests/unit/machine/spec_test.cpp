// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/spec.hpp"

#include "golden.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include <string>

namespace assay::machine {
namespace {

BootSpec plain_boot() {
  BootSpec boot;
  boot.guest = "run-1-before-1";
  boot.kernel = "/cache/kernels/0123/bzImage";
  boot.initramfs = "/cache/initramfs/4567.cpio";
  boot.kernel_arguments = "assay.exit";
  boot.console_log = "/results/run-1/before-1/console.log";
  boot.channel_socket = "/tmp/assay-0/AbCdEf/s/0123456789ab.sock";
  return boot;
}

BootSpec hostile_boot() {
  auto boot = plain_boot();
  boot.guest = "../\"><name>x</name>\n'&\x01";
  boot.kernel = "/cache/<kernel> & \"quotes\"/../bz'Image";
  boot.initramfs = "/cache/two\nlines\rand\ttab.cpio";
  boot.kernel_arguments = "a=\"]]>\" b=<!-- & \x1b[31m c=\x7f";
  boot.console_log = "/home/j\xc3\xbcrgen/\xff\xfe/\xe2\x82\xac,comma.log";
  boot.channel_socket = "/tmp/\xed\xa0\x80\xc0\xaf\xef\xbf\xbf\xf0\x9f\x90\xa7.sock";
  return boot;
}

/// What libvirt's parser will see at `path`.
std::string seen(const std::string& xml, const char* path) {
  pugi::xml_document document;
  const auto parsed = document.load_string(xml.c_str(), pugi::parse_full);
  EXPECT_TRUE(parsed) << parsed.description() << " at " << parsed.offset;
  const auto found = document.select_node(path);
  return found.attribute() ? found.attribute().value() : found.node().text().get();
}

TEST(DomainXml, PlainTcg) {
  expect_golden("machine/golden/plain-tcg.xml", domain_xml({}, plain_boot(), Accel::tcg));
}

TEST(DomainXml, PlainKvm) {
  expect_golden("machine/golden/plain-kvm.xml", domain_xml({}, plain_boot(), Accel::kvm));
}

TEST(DomainXml, CpuModelWithFeatures) {
  MachineSpec machine;
  machine.cpu = "EPYC, +svm ,-avx,nonsense,+";
  machine.vcpus = 4;
  machine.memory = gib(4) + Bytes(4096);
  machine.clock = GuestClock::instructions;
  expect_golden("machine/golden/cpu-features.xml", domain_xml(machine, plain_boot(), Accel::tcg));
}

TEST(DomainXml, Nodes) {
  MachineSpec machine;
  machine.nodes = {{1, mib(256)}, {1, mib(256)}};
  expect_golden("machine/golden/nodes.xml", domain_xml(machine, plain_boot(), Accel::tcg));
}

TEST(DomainXml, NodesOfAllKinds) {
  MachineSpec machine;
  machine.vcpus = 3;
  machine.memory = mib(384);
  machine.nodes = {{2, mib(256)}, {0, mib(128)}, {1, Bytes(0)}};
  machine.distances = {{10, 20, 40}, {20, 10, 30}, {40, 30, 10}};
  machine.dimms = {{mib(128), 0}, {mib(256), 2}};
  expect_golden("machine/golden/nodes-of-all-kinds.xml", domain_xml(machine, plain_boot(), Accel::tcg));
}

TEST(DomainXml, OnlyNodesWithoutMemoryWantAnOldMachine) {
  MachineSpec machine;
  machine.nodes = {{1, mib(256)}, {1, mib(256)}};
  EXPECT_EQ(seen(domain_xml(machine, plain_boot(), Accel::tcg), "//os/type/@machine"), "pc");
  machine.nodes = {{1, Bytes(0)}, {1, mib(512)}};
  const auto xml = domain_xml(machine, plain_boot(), Accel::kvm);
  EXPECT_EQ(seen(xml, "//os/type/@machine"), "pc-i440fx-5.0");
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@memory"), "0");
  EXPECT_EQ(seen(xml, "//cell[@id=1]/@cpus"), "1-1");
}

TEST(DomainXml, DimmsNeedANode) {
  MachineSpec machine;
  machine.dimms = {{mib(128), 0}};
  const auto xml = domain_xml(machine, plain_boot(), Accel::tcg);
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@cpus"), "0-1");
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@memory"), "512");
  EXPECT_EQ(seen(xml, "/domain/maxMemory"), std::to_string(mib(640).value()));
  EXPECT_EQ(seen(xml, "/domain/maxMemory/@slots"), "1");
  EXPECT_EQ(seen(xml, "/domain/memory"), std::to_string(mib(512).value()));
}

TEST(DomainXml, Probes) {
  auto boot = plain_boot();
  boot.plugin = "/lib/assay/assay-probes.so";
  boot.probes = "/results/a,b/probes";
  const auto xml = domain_xml({}, boot, Accel::tcg);
  EXPECT_EQ(seen(xml, "//qemu:arg[1]/@value"), "-plugin");
  EXPECT_EQ(seen(xml, "//qemu:arg[2]/@value"), "file=/lib/assay/assay-probes.so,probes=/results/a,,b/probes");
}

TEST(DomainXml, GdbMayComeToWhoeverIsDebugged) {
  auto boot = plain_boot();
  boot.debugger_socket = "/tmp/a,b/0123456789ab.gdb";
  for (const auto arch : {Arch::x86_64, Arch::sparc64}) {
    MachineSpec machine;
    machine.arch = arch;
    boot.debugging = Debugging::none;
    EXPECT_EQ(domain_xml(machine, boot, Accel::tcg).find("gdb"), std::string::npos) << name_of(arch);
    boot.debugging = Debugging::stopped;  // libvirt is told in another way
    const auto xml = domain_xml(machine, boot, Accel::tcg);
    expect_golden(fmt::format("machine/golden/debugged-{}.xml", name_of(arch)), xml);
    boot.debugging = Debugging::running;
    EXPECT_EQ(domain_xml(machine, boot, Accel::tcg), xml);
    EXPECT_EQ(seen(xml, "//qemu:arg[last()]/@value"), "chardev:assay-gdb");
  }
}

TEST(DomainXml, Sun4u) {
  MachineSpec machine;
  machine.arch = Arch::sparc64;
  machine.vcpus = 1;
  auto boot = plain_boot();
  boot.channel_socket = "/tmp/a,b/agent.sock";  // a comma ends a value of QEMU's
  expect_golden("machine/golden/sun4u.xml", domain_xml(machine, boot, Accel::tcg));
}

TEST(DomainXml, Disks) {
  MachineSpec machine;
  machine.swap = mib(256);
  machine.disks = {mib(64), mib(1)};
  auto boot = plain_boot();
  boot.disks = "/results/a,b";
  expect_golden("machine/golden/disks.xml", domain_xml(machine, boot, Accel::tcg));
  machine.arch = Arch::sparc64;
  machine.vcpus = 1;
  const auto sun = domain_xml(machine, boot, Accel::tcg);
  EXPECT_EQ(sun.find("<disk"), std::string::npos);
  for (const auto* name : {"swap", "disk0", "disk1"}) {
    EXPECT_NE(
        sun.find(fmt::format("if=none,id=assay-{0},format=raw,cache=unsafe,file=/results/a,,b/{0}", name)),
        std::string::npos);
    EXPECT_NE(sun.find(fmt::format("virtio-blk-pci,drive=assay-{},bus=pciB", name)), std::string::npos);
  }
}

TEST(DomainXml, OptionsOfTheUsersComeLast) {
  MachineSpec machine;
  machine.qemu_options = {"-device", "virtio-rng-pci,id=\"<x>\""};
  machine.clock = GuestClock::instructions;
  const auto xml = domain_xml(machine, plain_boot(), Accel::tcg);
  EXPECT_EQ(seen(xml, "//qemu:arg[last()-1]/@value"), "-device");
  EXPECT_EQ(seen(xml, "//qemu:arg[last()]/@value"), "virtio-rng-pci,id=\"<x>\"");
  EXPECT_EQ(seen(xml, "//qemu:arg[1]/@value"), "-icount");
  EXPECT_EQ(seen(xml, "//qemu:del[2]/@capability"), "device.json+hotplug");
}

TEST(DomainXml, HostileText) {
  MachineSpec machine;
  machine.name = "<machine>";
  machine.cpu = "\"/><devices>,+<\"feature\">";
  const auto xml = domain_xml(machine, hostile_boot(), Accel::tcg);
  expect_golden("machine/golden/hostile.xml", xml);
  EXPECT_EQ(seen(xml, "/domain/os/kernel"), hostile_boot().kernel.string());
  EXPECT_EQ(seen(xml, "/domain/os/initrd"), "/cache/two\nlines?and\ttab.cpio");
  EXPECT_EQ(seen(xml, "/domain/devices/serial/source/@path"),
            "/home/j\xc3\xbcrgen/\?\?/\xe2\x82\xac,comma.log");
  EXPECT_EQ(seen(xml, "/domain/devices/channel/source/@path"), "/tmp/\?\?\?\?\?\?\?\?\xf0\x9f\x90\xa7.sock");
}

TEST(DomainXml, ControlCharactersNeverReachTheXml) {
  for (int code = 1; code < 256; ++code) {
    auto boot = plain_boot();
    boot.kernel_arguments = std::string("x") + static_cast<char>(code) + "y";
    boot.console_log = "/x" + std::string(1, static_cast<char>(code));
    const auto xml = domain_xml({}, boot, Accel::tcg);
    for (const char c : xml) {
      const auto byte = static_cast<unsigned char>(c);
      ASSERT_TRUE(byte == '\n' || byte == '\t' || (byte >= 0x20 && byte < 0x7f)) << "from byte " << code;
    }
  }
}

TEST(DomainXml, ErmsIsHiddenUnderTcgOnlyAndOnlyUnlessAskedFor) {
  const auto* disabled = "<feature policy=\"disable\" name=\"erms\"";
  MachineSpec machine;
  EXPECT_NE(domain_xml(machine, plain_boot(), Accel::tcg).find(disabled), std::string::npos);
  EXPECT_EQ(domain_xml(machine, plain_boot(), Accel::kvm).find("erms"), std::string::npos);
  machine.cpu = "max,+erms";
  EXPECT_EQ(domain_xml(machine, plain_boot(), Accel::tcg).find(disabled), std::string::npos);
}

TEST(DomainName, PlainNamesStayAsTheyAre) { EXPECT_EQ(domain_name("run-1_before-2"), "run-1_before-2"); }

TEST(DomainName, HostileNamesBecomeFileNamesAndStayApart) {
  const std::string long_name(300, 'a');
  for (const std::string& name : {std::string("../../etc"), std::string("a/b"), std::string("a\nb"),
                                  std::string("a b"), long_name, long_name + "b", std::string("<&\"'>")}) {
    const auto safe = domain_name(name);
    EXPECT_EQ(safe.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
              std::string::npos)
        << safe;
    EXPECT_LE(safe.size(), 70U);
    EXPECT_FALSE(safe.empty());
  }
  EXPECT_NE(domain_name("a/b"), domain_name("a b"));
  EXPECT_NE(domain_name(long_name), domain_name(long_name + "b"));
}

}  // namespace
}  // namespace assay::machine
