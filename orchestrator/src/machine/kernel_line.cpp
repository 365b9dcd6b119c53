// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/kernel_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace assay::machine {
namespace {

/// Names are as the kernel compares them: "-" is "_" (parameq() in kernel/params.c, 6.12).
struct Reserved {
  std::string_view name = {};
  std::string_view why = {};
};

constexpr std::string_view reads_console = "Assay reads what the kernel reports at ttyS0";
constexpr std::string_view wants_warnings = "warnings must reach the console, where Assay looks for them";
constexpr std::string_view is_init = "the first process is Assay's agent";
constexpr std::string_view has_initramfs = "the initramfs with Assay's agent is where QEMU puts it";
constexpr std::string_view keeps_panicked = "a guest that panicked stays as it is, until Assay has seen why";

constexpr std::array reserved = {
    Reserved{"console", reads_console},
    Reserved{"8250.nr_uarts", reads_console},
    Reserved{"console_msg_format", "Assay reads the lines of the console in their usual format"},
    Reserved{"quiet", wants_warnings},
    Reserved{"sysctl.kernel.printk", wants_warnings},
    Reserved{"init", is_init},
    Reserved{"rdinit", is_init},
    Reserved{"initrd", has_initramfs},
    Reserved{"initrdmem", has_initramfs},
    Reserved{"panic", keeps_panicked},
    Reserved{"sysctl.kernel.panic", keeps_panicked},
    Reserved{"--", "what follows it is for the first process, not for the kernel"},
};

/// What the kernel takes for one: blanks within double quotes are part of it (next_arg() in lib/cmdline.c,
/// 6.12).
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : line) {
    quoted = quoted != (c == '"');
    if (c == ' ' && !quoted) {
      words.emplace_back();
    } else if (c != '"') {
      words.back() += c;
    }
  }
  return words;
}

std::string name_in(std::string_view word) {
  std::string name(word.substr(0, word.find('=')));
  if (name != "--") {
    std::ranges::replace(name, '-', '_');
  }
  if (name.starts_with("sysctl.")) {
    std::ranges::replace(name, '/', '.');
  }
  return name;
}

/// Warnings have level 4, and the console shows what is below its own.
bool hides_warnings(std::string_view name, std::string_view value) {
  int level = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), level);
  return name == "loglevel" && error == std::errc() && level < 5;
}

/// Why Assay does not take the word, or "".
std::string_view trouble_with(std::string_view word, std::string_view name) {
  if (name.starts_with("assay.")) {
    return "it tells Assay's agent what to do";
  }
  if (hides_warnings(name, word.substr(std::min(word.size(), name.size() + 1)))) {
    return wants_warnings;
  }
  const auto* const found = std::ranges::find(reserved, name, &Reserved::name);
  return found == reserved.end() ? "" : found->why;
}

}  // namespace

std::string kernel_command_line(const MachineSpec& machine, const BootSpec& boot) {
  // loglevel=5 keeps warnings and worse on the console and saves the emulated UART the rest of the boot.
  // A panicked guest stays where it is until it is destroyed; an NMI makes a hung one say where it hangs:
  // QEMU's has no reason, and of such a one a kernel only says that it came, unless it shall panic
  // (unknown_nmi_error() in arch/x86/kernel/nmi.c, 6.12).
  // Where the host is busy, an emulated timer may miss the ticks that the kernel wants to see within 40 ms,
  // or it panics (timer_irq_works() and check_timer() in arch/x86/kernel/apic/io_apic.c, 6.12).
  std::string line = "console=ttyS0 loglevel=5 panic=0";
  if (machine.arch == Arch::x86_64) {
    line += " nokaslr unknown_nmi_panic no_timer_check";
  }
  // Without a figure each vCPU times its delay loop, against a clock that the others hold up: 64 emulated
  // ones took minutes on two cores. Nothing that QEMU emulates needs delays to be exact.
  constexpr unsigned few_vcpus = 8;
  if (machine.accel == Accel::tcg && machine.vcpus > few_vcpus) {
    line += " lpj=4000000";
  }
  for (const auto& more : {machine.append, boot.kernel_arguments}) {
    line += more.empty() ? "" : " " + more;
  }
  return line;
}

Status check_append(const MachineSpec& machine) {
  constexpr std::size_t longest = 2047;  // COMMAND_LINE_SIZE of both architectures, without the NUL
  const auto not_printable = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (std::ranges::any_of(machine.append, not_printable)) {
    return fail(Failure::usage, "a newline or another control character is in it: write one line");
  }
  if (std::ranges::count(machine.append, '"') % 2 != 0) {
    return fail(Failure::usage, "a double quote in it has no second one");
  }
  for (const auto& word : words_of(machine.append)) {
    if (const auto why = trouble_with(word, name_in(word)); !why.empty()) {
      return fail(Failure::usage, "leave out \"{}\": {}", word, why);
    }
  }
  // A kernel cuts it off in silence. What is undecided may come to be the longest.
  auto emulated = machine;
  emulated.accel = Accel::tcg;
  const auto length = kernel_command_line(emulated, {}).size();
  return length <= longest
             ? Status()
             : fail(Failure::usage, "the command line has {} bytes, a kernel reads {}", length, longest);
}

}  // namespace assay::machine
