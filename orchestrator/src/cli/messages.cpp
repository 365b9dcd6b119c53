// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/messages.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace assay::cli {

void tell(std::string_view text) {
  // One write: other processes may write to the same terminal.
  const auto line = fmt::format("assay: {}\n", text);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace assay::cli
