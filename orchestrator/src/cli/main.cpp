// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"
#include "cli/answer.hpp"
#include "program/host_streams.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

int main(int argc, char** argv) {
  assay::program::occupy_closed_descriptors();
  const auto debug = assay::debug_log();
  assay::Interrupt interrupt;
  assay::cli::Globals globals(interrupt);
  globals.colour = ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return assay::cli::answer(globals, {argv + std::min(argc, 1), argv + argc});
}
