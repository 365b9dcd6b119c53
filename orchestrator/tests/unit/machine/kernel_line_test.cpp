// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kernel_line.hpp"

#include <gtest/gtest.h>

#include <string>

namespace assay::machine {
namespace {

MachineSpec appending(std::string text) {
  MachineSpec machine;
  machine.append = std::move(text);
  return machine;
}

std::string refusal(std::string text) {
  const auto checked = check_append(appending(std::move(text)));
  return checked ? "" : checked.error().text();
}

TEST(KernelCommandLine, EndsWithTheMachinesArgumentsAndTheGuests) {
  BootSpec boot;
  const auto plain = kernel_command_line({}, boot);
  EXPECT_NE(plain.find("console=ttyS0"), std::string::npos);
  EXPECT_NE(plain.find("nokaslr"), std::string::npos);
  EXPECT_EQ(plain.find("quiet"), std::string::npos) << "warnings must stay visible";
  boot.kernel_arguments = "assay.exit";
  EXPECT_EQ(kernel_command_line({}, boot), plain + " assay.exit");
  EXPECT_EQ(kernel_command_line(appending("hugepages=16"), boot), plain + " hugepages=16 assay.exit");
}

TEST(KernelCommandLine, SparesManyEmulatedVcpusTheirTiming) {
  MachineSpec machine;
  machine.vcpus = 64;
  machine.accel = Accel::tcg;
  EXPECT_NE(kernel_command_line(machine, {}).find(" lpj="), std::string::npos);
  machine.accel = Accel::kvm;
  EXPECT_EQ(kernel_command_line(machine, {}).find(" lpj="), std::string::npos);
}

TEST(Append, TakesWhatIsTheUsers) {
  for (const auto* text :
       {"", "hugepages=16 transparent_hugepage=never", "loglevel=8", "loglevel=5", "debug", "panic_on_warn=1",
        "oops=panic", "page_owner=on", "dyndbg=\"file mm/memory.c +p\"", "sysctl.vm.swappiness=10",
        "note=\"panic=1 console=none\"", "numa=fake=2", "initcall_debug"}) {
    EXPECT_EQ(refusal(text), "") << text;
  }
}

TEST(Append, NamesWhatAssayNeedsItself) {
  EXPECT_EQ(refusal("hugepages=4 console=tty1"),
            "leave out \"console=tty1\": Assay reads what the kernel reports at ttyS0");
  EXPECT_EQ(refusal("rdinit=/bin/sh"), "leave out \"rdinit=/bin/sh\": the first process is Assay's agent");
  for (const auto* text :
       {"init=/x", "panic=5", "panic", "quiet", "loglevel=4", "loglevel=0", "initrd=1,2", "initrdmem=1,2",
        "console_msg_format=syslog", "console-msg-format=syslog", "sysctl.kernel.printk=1",
        "sysctl.kernel/panic=1", "8250.nr_uarts=0", "assay.exit", "a -- b", "\"panic=1\"", "pa\"nic=1\""}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST(Append, IsOneLineThatAKernelReads) {
  EXPECT_EQ(refusal("a\nb"), "a newline or another control character is in it: write one line");
  EXPECT_EQ(refusal("a=\"b"), "a double quote in it has no second one");
  EXPECT_EQ(refusal(std::string(2100, 'x')), "the command line has 2174 bytes, a kernel reads 2047");
}

}  // namespace
}  // namespace assay::machine
