// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/kernel_knobs.hpp"

#include "base/clock.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace assay::agent {

void write_knob(const char* path, std::string_view text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (file) {
    [[maybe_unused]] const auto written = ::write(file.get(), text.data(), text.size());
  }
}

void expect_progress_within(std::uint64_t timeout_ns) {
  if (timeout_ns == 0) {
    return;
  }
  std::array<char, 24> text{};
  const auto seconds = std::clamp<std::uint64_t>(timeout_ns / ns_per_s / 4, 10, 120);
  const auto* end = std::to_chars(text.data(), text.data() + text.size(), seconds).ptr;
  write_knob("/proc/sys/kernel/hung_task_timeout_secs", {text.data(), end});
  write_knob("/proc/sys/kernel/hung_task_check_interval_secs", "5");
}

void show_all_tasks() {
  // What SysRq prints of tasks is KERN_INFO (sched_show_task() in kernel/sched/core.c), below what a console
  // shows.
  write_knob("/proc/sys/kernel/printk", "8");
  for (const std::string_view key : {"t", "l", "d", "w"}) {
    write_knob("/proc/sysrq-trigger", key);
  }
}

}  // namespace assay::agent
