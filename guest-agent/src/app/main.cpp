// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/command_line.hpp"
#include "app/init.hpp"
#include "app/modprobe.hpp"
#include "base/console.hpp"

#include <unistd.h>

#include <exception>
#include <span>

int main(int count, char** values) {
  using namespace assay::agent;
  try {
    const std::span<char* const> arguments(values, static_cast<std::size_t>(count));
    // A container's PID 1 has arguments; a guest's has none that begin with two dashes.
    if (::getpid() == 1 && (count < 2 || !std::string_view(arguments[1]).starts_with("--"))) {
      run_as_init();
    }
    if (count > 0 && std::string_view(arguments[0]).ends_with("modprobe")) {
      return run_modprobe(arguments.subspan(1));
    }
    return run_as_program(arguments.subspan(1));
  } catch (const std::exception& error) {
    say(error.what());
    return 70;
  }
}
