// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/figure_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace assay::program {
namespace {

constexpr std::size_t longest_figure_name = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

bool is_figure_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_figure_name && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::span<const OwnFigure> own_figures() {
  static constexpr std::array figures{OwnFigure{"exit_code"},      OwnFigure{"signal"},
                                      OwnFigure{"wall_us", "us"},  OwnFigure{"cpu_us", "us"},
                                      OwnFigure{"max_rss", "KiB"}, OwnFigure{"memory_peak", "KiB"},
                                      OwnFigure{"ktap.passed"},    OwnFigure{"ktap.failed"},
                                      OwnFigure{"ktap.skipped"},   OwnFigure{"ktap.xfailed"}};
  return figures;
}

}  // namespace assay::program
