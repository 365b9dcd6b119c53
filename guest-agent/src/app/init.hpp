// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent {

/// What the kernel command line asks of the agent.
struct BootOptions {
  bool exit = false;  ///< assay.exit: power off as soon as the agent is up
  std::uint64_t raw_bytes =
      0;  ///< assay.raw_bytes=N: write N bytes to the port without frames, then power off
};

[[nodiscard]] BootOptions parse_boot_options(std::string_view command_line);

/// The agent as PID 1 of a guest: mounts what workloads need, finds the port, serves it, powers off.
[[noreturn]] void run_as_init();

}  // namespace assay::agent
