// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace assay::cli {

void tell(std::string_view text) {
  // One write: other processes may write to the same terminal.
  auto line = fmt::format("assay: {}\n", text);
  // Names in it may be of other people: none of them talks to the terminal.
  const auto is_control = [](unsigned char letter) {
    return std::iscntrl(letter) != 0 && letter != '\n' && letter != '\t';
  };
  std::ranges::replace_if(line, is_control, '?');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace assay::cli
