// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/grids.hpp"
#include "report/layout.hpp"
#include "report/page/page.hpp"
#include "report/variants.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

std::string_view class_of(CellState state) {
  return state == CellState::not_run ? std::string_view("not-run") : name_of(state);
}

std::string head_of(const GridView& view, const GridBlock& block, const Variants& marks) {
  std::string variants = "<tr><td></td>";
  std::string columns = "<tr><td></td>";
  for (const auto& side : block.sides) {
    variants += fmt::format("<th scope=\"colgroup\" colspan=\"{}\">{}</th>", view.grid.columns.size(),
                            html_variant(marks, side.variant));
    for (const auto& column : view.grid.columns) {
      columns +=
          fmt::format("<th scope=\"col\"{}><span>{}</span></th>",
                      &column == &view.grid.columns.front() ? " class=\"first\"" : "", html_text(column));
    }
  }
  return variants + "</tr>\n" + columns + "</tr>\n";
}

/// "fork, rw on stock: 0 in each of 5 trials"
std::string tip_of(const GridView& view, const GridSide& side, std::size_t row, std::size_t column) {
  const auto& cell = view.cell(side, row, column);
  const auto what = fmt::format("{}, {} on {}", view.grid.rows[row], view.grid.columns[column], side.variant);
  return cell.values.empty()
             ? what + ": not run"
             : fmt::format("{}: {} in {} trials", what, verdict::range_text(cell.values), cell.values.size());
}

std::string cell_html(const GridView& view, const GridSide& side, std::size_t row, std::size_t column) {
  const auto& cell = view.cell(side, row, column);
  const auto shown = cell.values.empty() ? "&#8211;" : html_text(verdict::range_text(cell.values));
  return fmt::format("<td class=\"{}{}\" title=\"{}\">{}</td>", class_of(cell.state),
                     column == 0 ? " first" : "", html_attribute(tip_of(view, side, row, column)), shown);
}

std::string block_html(const GridView& view, const GridBlock& block, const Variants& variants) {
  auto text = fmt::format(
      "<div class=\"scroll\"><table class=\"grid\"><caption>{} on {}; expected "
      "{}</caption>\n<thead>{}</thead>\n<tbody>\n",
      html_text(view.grid.figure_of_all), html_text(block.machine), html_text(view.grid.expected.text()),
      head_of(view, block, variants));
  for (std::size_t row = 0; row < view.grid.rows.size(); ++row) {
    text += fmt::format("<tr><th scope=\"row\">{}</th>", html_text(view.grid.rows[row]));
    for (const auto& side : block.sides) {
      for (std::size_t column = 0; column < view.grid.columns.size(); ++column) {
        text += cell_html(view, side, row, column);
      }
    }
    text += "</tr>\n";
  }
  text += "</tbody></table></div>\n";
  for (const auto& reason : block.reasons) {
    text += fmt::format("<p class=\"note\">not run: {}</p>\n", html_text(reason));
  }
  return text;
}

}  // namespace

std::string grids_section(const store::RunView& view) {
  std::string text;
  const Variants variants(view);
  for (const auto& grid : grids_of(view)) {
    text += fmt::format("<h3 id=\"{}\">{}</h3>\n<p>{}</p>\n", html_id("grid-", grid.grid.id),
                        html_text(grid.grid.id), html_text(grid.grid.says));
    for (const auto& block : grid.blocks) {
      text += block_html(grid, block, variants);
    }
  }
  return text.empty() ? "" : "<section id=\"grids\">\n<h2>Grids</h2>\n" + text + "</section>\n";
}

}  // namespace assay::report
