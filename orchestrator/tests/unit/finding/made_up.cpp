// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/made_up.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace assay::finding {
namespace {

constexpr std::array functions{"pebble_get", "reed_cut", "lake_fold"};

struct Template {
  std::string kind;
  std::string traits;
  std::vector<std::string> lines;
};

std::vector<Template> templates_of(const char* architecture) {
  const auto file = fs::path(ASSAY_UNIT_TESTS) / "finding" / "data" / "reports" / architecture;
  const auto read = read_file(file);
  const std::string text = read ? *read : "";
  std::vector<Template> all;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with("== ")) {
      const auto bar = line.find(" |");
      all.push_back({std::string(line.substr(3, bar - 3)), std::string(line.substr(bar + 2)), {}});
    } else if (!all.empty()) {
      all.back().lines.emplace_back(line);
    }
  }
  for (auto& one : all) {
    while (!one.lines.empty() && one.lines.back().empty()) {
      one.lines.pop_back();
    }
  }
  return all;
}

void replace(std::string& text, std::string_view from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// What differs from one time to the next and says nothing: `round` 0 and 1.
std::string happened(const Template& one, const char* function, unsigned round) {
  constexpr std::array callers{"pond_run", "brook_skip"};
  constexpr std::array tasks{"pond", "kworker/u4:1"};
  std::string text;
  for (const auto& line : one.lines) {
    text += line + "\n";
  }
  replace(text, "{who}",
          "CPU: {c} UID: 0 PID: {p} Comm: {t} Not tainted 6.12.117 #1\nHardware name: QEMU Standard PC");
  replace(text, "{trace}",
          "Call Trace:\n <TASK>\n ? rock_slip+0x5/0x20\n {g}+{o}\n do_syscall_64+0x4c/0x100\n </TASK>");
  replace(text, "{called}", "Call Trace:\n <TASK>\n {f}+{o}\n {g}+{o}\n do_syscall_64+0x4c/0x100\n </TASK>");
  replace(text, "{f}", function);
  replace(text, "{g}", callers.at(round));
  replace(text, "{t}", tasks.at(round));
  replace(text, "{c}", fmt::format("{}", round));
  replace(text, "{p}", fmt::format("{}", 77 + round * 4000));
  replace(text, "{n}", fmt::format("{}", 74 + round * 913));
  replace(text, "{a}", round == 0 ? "ffff888001020304" : "ffffc9000a5c3c08");
  replace(text, "{o}", round == 0 ? "0x11/0x90" : "0x1d2/0x2a0");
  return text;
}

std::string own_panic(const std::string& traits) {
  const auto has = [&](std::string_view word) { return traits.find(word) != std::string::npos; };
  const std::string why = has("oops")            ? "Fatal exception"
                          : has("panic_on_warn") ? "panic_on_warn set ..."
                          : has("hung_panic")    ? "hung_task: blocked tasks"
                                                 : "";
  return why.empty()
             ? ""
             : "Kernel panic - not syncing: " + why +
                   "\nKernel Offset: disabled\n---[ end Kernel panic - not syncing: " + why + " ]---\n";
}

/// As printk() writes it: with time stamps, in the second round with the caller and behind a prompt.
std::string stamped(const std::string& text, unsigned round) {
  std::string result = round == 0 ? "[    9.999999] quiet before\n" : "pond> step 4 of 9 ";
  unsigned microseconds = 0;
  std::string_view rest = text;
  rest.remove_suffix(rest.ends_with('\n') ? 1 : 0);
  for (const auto line : split(rest, '\n')) {
    result += fmt::format("[   1{}.{:06}]{} {}\n", round, ++microseconds, round == 0 ? "" : "[   T77]", line);
  }
  return result;
}

}  // namespace

std::vector<MadeUp> made_up_consoles() {
  std::vector<MadeUp> all;
  auto templates = templates_of("x86_64.txt");
  for (auto& one : templates_of("sparc64.txt")) {
    templates.push_back(std::move(one));
  }
  for (const auto& one : templates) {
    const auto has = [&](std::string_view word) { return one.traits.find(word) != std::string::npos; };
    for (const auto* function : functions) {
      for (unsigned round = 0; round < 2; ++round) {
        MadeUp made;
        made.kind = one.kind;
        made.function = has("nofunction") ? "" : function;
        made.panics = !own_panic(one.traits).empty();
        made.text =
            stamped(happened(one, function, round) + (round == 1 ? own_panic(one.traits) : ""), round);
        made.first_line = has("cut") ? "-[ cut here ]-" : has("page") ? "page: refcount" : "";
        made.stall = has("stall");
        all.push_back(std::move(made));
      }
      if (has("nofunction")) {
        break;
      }
    }
  }
  return all;
}

std::vector<std::string> healthy_consoles() {
  std::vector<std::string> all{
      "WARNING: /etc/pond.conf does not exist, using defaults\n",
      "WARNING: apt does not have a stable CLI interface.\n",
      "[    1.000001] WARNING: workqueue cpumask: online intersect > possible intersect\n",
      "[    1.000001][    T1] WARNING: Unprivileged eBPF is enabled, data leaks possible\n",
      "[    0.040000] WARNING: Spectre v2 mitigation leaves CPU vulnerable\n",
      "[    2.000001] rockfs (pond1): INFO: recovery required on readonly filesystem\n",
      "[    2.000001] INFO: NMI handler (rock_nmi) took too long to run: 1.234 msecs\n",
      "[    2.000001] INFO: lockdep is turned off.\n",
      "[    2.000001] rcu: INFO: Stall ended before state dump start\n",
      "[    2.000001] ODEBUG: Out of memory. ODEBUG disabled\n",
      "[    2.000001] traps: pond[77] trap divide error ip:401136 sp:7ffe error:0 in pond[401000+1000]\n",
      "[    2.000001] traps: pond[77] trap invalid opcode ip:401136 sp:7ffe error:0 in pond[401000+1000]\n",
      "[    2.000001] NMI backtrace for cpu 1\n[    2.000002] RIP: 0010:pebble_get+0x1/0x2\n",
      "[    2.000001] Kernel command line: panic=1 oops=panic panic_on_warn=1\n",
      "[    2.000001] RAMDISK: possible lock file found\n",
      "[    2.000001] lockdep is enabled: possible deadlocks are reported\n",
      "[    2.000001] pci 0000:00:01.0: BAR 0 [mem 0xfebf0000-0xfebf0fff]: not assigned\n",
      "[    2.000001] kmemleak: Kernel memory leak detector initialized (mem pool available: 15681)\n",
      "[    2.000001] systemd[1]: pond.service: Failed with result 'watchdog'.\n",
      "[    2.000001] watchdog: Delayed init of the lockup detector failed: -19\n",
      "[    2.000001] hrtimer: interrupt took 1234567 ns\n",
      "[    2.000001] Oopsie, the pond is frozen\n",
      "Oops, try again\n",
      "INFO: task list is empty\n",
      "BUG reports go to the list of pebble: see MAINTAINERS\n",
      "[    2.000001] PCI: if necessary, use \"pci=nocrs\" and report a bug\n",
      "[    2.000001] clocksource: possible clocksource drift of 5 ms\n",
      "issue [#12] is closed, see [#13]\n",
  };
  all.emplace_back(
      "[    1.000001] =======================================================\n"
      "[    1.000001] WARNING: The rock mount option has been deprecated and\n"
      "[    1.000001]          and is ignored by this kernel.\n"
      "[    1.000001] =======================================================\n");
  all.emplace_back(
      "[    2.000001] traps: pond[77] general protection fault ip:401136 sp:7ffe error:0 in "
      "pond[401000+1000]\n");
  all.emplace_back(
      "[    2.000001] pond[77]: segfault at 8 ip 0000000000401136 sp 00007ffe12345678 error 4 in "
      "pond[401000+1000]\n");
  all.emplace_back(
      "[    2.000001] pond invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\n"
      "[    2.000002] Call Trace:\n[    2.000003]  dump_header+0x1/0x2\n"
      "[    2.000004] Out of memory: Killed process 77 (pond) total-vm:1kB\n");
  all.emplace_back(
      "[    2.000001] pond: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null)\n"
      "[    2.000002] Call Trace:\n[    2.000003]  warn_alloc+0x1/0x2\n[    2.000004]  pebble_get+0x1/0x2\n");
  all.emplace_back(
      "[    2.000001] FAULT_INJECTION: forcing a failure.\n[    2.000002] Call Trace:\n"
      "[    2.000003]  should_fail+0x1/0x2\n");
  all.emplace_back(
      "[    2.000001] page: refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x1a2b\n"
      "[    2.000002] page dumped because: unmovable page\n");
  all.emplace_back(
      "[    2.000001] sysrq: Show State\n[    2.000002] task:pond state:S stack:0 pid:77\n[    2.000003] "
      "Call Trace:\n");
  return all;
}

std::string quiet_then_another() {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += fmt::format("[   15.000000] quiet line {}\n", i);
  }
  return text +
         "[   20.000001] ------------[ cut here ]------------\n"
         "[   20.000002] WARNING: CPU: 1 PID: 77 at mm/stone.c:12 stone_roll+0x11/0x90\n"
         "[   20.000003] RIP: 0010:stone_roll+0x11/0x90\n[   20.000004] Call Trace:\n"
         "[   20.000005]  stone_field+0x1/0x2\n[   20.000006] ---[ end trace 0000000000000000 ]---\n";
}

}  // namespace assay::finding
