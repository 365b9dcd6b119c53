// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace assay::finding {

/// A console log whose right answer is known.
struct MadeUp {
  std::string kind;
  std::string function;  ///< "" when the report names none
  std::string text;
  std::string first_line;  ///< of the report, when others stand before its title: they belong to it
  bool stall = false;
  bool panics = false;  ///< an oops, and the panic that it causes
};

/// Each report of data/reports in several functions, called from several places, each twice: on another CPU,
/// in another task, at other addresses, with other time stamps, behind a prompt.
[[nodiscard]] std::vector<MadeUp> made_up_consoles();

/// Lines of kernels in good health and of programs, that have something of a report.
[[nodiscard]] std::vector<std::string> healthy_consoles();

/// Twenty lines of nothing, and a report that has nothing to do with what stands before.
[[nodiscard]] std::string quiet_then_another();

}  // namespace assay::finding
