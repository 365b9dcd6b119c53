// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/grids.hpp"
#include "report/layout.hpp"
#include "report/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t most_label = 30;
constexpr std::size_t most_variant = 16;
constexpr std::size_t gap = 2;

char letter_of(std::size_t column) { return column < letters.size() ? letters[column] : '?'; }

char mark_of(CellState state) {
  switch (state) {
    case CellState::expected:
      return '.';
    case CellState::other:
      return '#';
    case CellState::mixed:
      return '~';
    case CellState::not_run:
      break;
  }
  return ' ';
}

std::string legend(const experiment::Grid& grid) {
  std::string columns;
  for (std::size_t i = 0; i < grid.columns.size(); ++i) {
    columns += fmt::format("{}{} {}", i == 0 ? "" : ", ", letter_of(i), grid.columns[i]);
  }
  return wrapped(fmt::format("grid {}: ", cut(grid.id, most_label)), grid.says) +
         wrapped("   ", fmt::format("{}; . {} in all trials, # in none, ~ in some, blank: not run",
                                    grid.figure_of_all, grid.expected.text())) +
         wrapped("   ", columns);
}

std::size_t label_width(const experiment::Grid& grid) {
  std::size_t width = 0;
  for (const auto& row : grid.rows) {
    width = std::max(width, cut(row, most_label).size());
  }
  return width;
}

std::size_t side_width(const experiment::Grid& grid, const GridSide& side) {
  return std::max(grid.columns.size(), cut(side.variant, most_variant).size());
}

/// The first variant that no longer fits on a line beside those from `begin` on; one always does.
std::size_t end_of_line(const experiment::Grid& grid, const std::vector<GridSide>& sides, std::size_t begin) {
  std::size_t width = 3 + label_width(grid);
  auto end = begin;
  do {
    width += gap + side_width(grid, sides[end]);
    ++end;
  } while (end < sides.size() && width + gap + side_width(grid, sides[end]) <= page_width);
  return end;
}

void add_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

std::string marks_of(const GridView& view, const GridSide& side, std::size_t row) {
  std::string marks;
  for (std::size_t column = 0; column < view.grid.columns.size(); ++column) {
    marks += mark_of(view.cell(side, row, column).state);
  }
  return marks;
}

/// The variants from `begin` to `end`.
std::string some_sides(const GridView& view, const GridBlock& block, std::size_t begin, std::size_t end) {
  const auto line_of = [&](std::string_view label, const auto& text_of) {
    auto line = fmt::format("   {:<{}}", cut(label, most_label), label_width(view.grid));
    for (auto i = begin; i < end; ++i) {
      const auto& side = block.sides[i];
      line += fmt::format("{:<{}}{:<{}}", "", gap, std::string(text_of(side)), side_width(view.grid, side));
    }
    return line;
  };
  std::string head;
  for (std::size_t column = 0; column < view.grid.columns.size(); ++column) {
    head += letter_of(column);
  }
  std::string text;
  add_line(text, line_of("", [](const GridSide& side) { return cut(side.variant, most_variant); }));
  add_line(text, line_of("", [&](const GridSide&) { return head; }));
  for (std::size_t row = 0; row < view.grid.rows.size(); ++row) {
    add_line(text,
             line_of(view.grid.rows[row], [&](const GridSide& side) { return marks_of(view, side, row); }));
  }
  return text;
}

std::string block_text(const GridView& view, const GridBlock& block) {
  auto text = wrapped("   on ", block.machine + ":");
  for (std::size_t begin = 0; begin < block.sides.size();) {
    const auto end = end_of_line(view.grid, block.sides, begin);
    text += some_sides(view, block, begin, end);
    begin = end;
  }
  for (const auto& reason : block.reasons) {
    text += wrapped("   not run: ", reason);
  }
  return text;
}

}  // namespace

std::string grids_text(const store::RunView& view) {
  std::string text;
  for (const auto& grid : grids_of(view)) {
    text += legend(grid.grid);
    for (const auto& block : grid.blocks) {
      text += block_text(grid, block);
    }
    text += "\n";
  }
  return text;
}

}  // namespace assay::report
