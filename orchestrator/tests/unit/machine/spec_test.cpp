// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/spec.hpp"

#include "golden.hpp"

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
  machine.nodes = 2;
  expect_golden("machine/golden/nodes.xml", domain_xml(machine, plain_boot(), Accel::tcg));
}

TEST(DomainXml, TheFirstNodesHaveWhatDoesNotDivide) {
  MachineSpec machine;
  machine.nodes = 3;
  machine.vcpus = 5;
  machine.memory = mib(514);
  const auto xml = domain_xml(machine, plain_boot(), Accel::kvm);
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@cpus"), "0-1");
  EXPECT_EQ(seen(xml, "//cell[@id=1]/@cpus"), "2-3");
  EXPECT_EQ(seen(xml, "//cell[@id=2]/@cpus"), "4-4");
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@memory"), "172");
  EXPECT_EQ(seen(xml, "//cell[@id=1]/@memory"), "171");
  EXPECT_EQ(seen(xml, "//cell[@id=2]/@memory"), "171");
  EXPECT_EQ(seen(xml, "//cell[@id=3]/@memory"), "");
}

TEST(DomainXml, NodesMayHaveNoCpu) {
  MachineSpec machine;
  machine.nodes = 2;
  machine.vcpus = 1;
  const auto xml = domain_xml(machine, plain_boot(), Accel::tcg);
  EXPECT_EQ(seen(xml, "//cell[@id=0]/@cpus"), "0-0");
  EXPECT_EQ(xml.find("cpus=\"1"), std::string::npos);
  EXPECT_EQ(seen(xml, "//cell[@id=1]/@memory"), "256");
}

TEST(DomainXml, Probes) {
  auto boot = plain_boot();
  boot.plugin = "/lib/assay/assay-probes.so";
  boot.probes = "/results/a,b/probes";
  const auto xml = domain_xml({}, boot, Accel::tcg);
  EXPECT_EQ(seen(xml, "//qemu:arg[1]/@value"), "-plugin");
  EXPECT_EQ(seen(xml, "//qemu:arg[2]/@value"), "file=/lib/assay/assay-probes.so,probes=/results/a,,b/probes");
}

TEST(DomainXml, Sun4u) {
  MachineSpec machine;
  machine.arch = Arch::sparc64;
  machine.vcpus = 1;
  auto boot = plain_boot();
  boot.channel_socket = "/tmp/a,b/agent.sock";  // a comma ends a value of QEMU's
  expect_golden("machine/golden/sun4u.xml", domain_xml(machine, boot, Accel::tcg));
}

TEST(DomainXml, SwapDisk) {
  MachineSpec machine;
  machine.swap = mib(256);
  auto boot = plain_boot();
  boot.swap_disk = "/results/a,b/swap";
  const auto pc = domain_xml(machine, boot, Accel::tcg);
  EXPECT_EQ(seen(pc, "//disk/source/@file"), "/results/a,b/swap");
  EXPECT_EQ(seen(pc, "//disk/target/@dev"), "vda");
  machine.arch = Arch::sparc64;
  machine.vcpus = 1;
  const auto sun = domain_xml(machine, boot, Accel::tcg);
  EXPECT_EQ(sun.find("<disk"), std::string::npos);
  EXPECT_NE(sun.find("if=none,id=assay-swap,format=raw,cache=unsafe,file=/results/a,,b/swap"),
            std::string::npos);
  EXPECT_NE(sun.find("virtio-blk-pci,drive=assay-swap,bus=pciB"), std::string::npos);
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

TEST(KernelCommandLine, EndsWithTheUsersArguments) {
  auto boot = plain_boot();
  const auto with = kernel_command_line({}, boot);
  EXPECT_TRUE(with.ends_with(" assay.exit")) << with;
  EXPECT_NE(with.find("console=ttyS0"), std::string::npos);
  EXPECT_NE(with.find("nokaslr"), std::string::npos);
  EXPECT_EQ(with.find("quiet"), std::string::npos) << "warnings must stay visible";
  boot.kernel_arguments.clear();
  EXPECT_EQ(kernel_command_line({}, boot) + " assay.exit", with);
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
