// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

/// What a program on trial is judged by.
namespace assay::program {

/// Letters, digits and "_", no digit in front, at most 64: what a program may call a figure. Nothing of the
/// kernel's or of a probe's is called so: these have a dot.
[[nodiscard]] bool is_figure_name(std::string_view text);

/// A figure that every program has, whatever it prints; none is its own to print.
struct OwnFigure {
  std::string_view name;
  std::string_view unit{};
};
[[nodiscard]] std::span<const OwnFigure> own_figures();

inline constexpr std::string_view exit_check = "exit";    ///< it ended with exit code 0
inline constexpr std::string_view ktap_check = "ktap";    ///< none of its tests failed
inline constexpr std::string_view marks_check = "marks";  ///< it began to measure, as it was to

}  // namespace assay::program
