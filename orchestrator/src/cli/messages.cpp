// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/messages.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace assay::cli {

void tell(std::string_view text) {
  // One write: other processes may write to the same terminal.
  text = text.substr(0, text.find_last_not_of('\n') + 1);
  const auto line = fmt::format("assay: {}\n", harmless(text));  // names in it may be of other people
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace assay::cli
