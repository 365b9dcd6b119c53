// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/grid.hpp"

#include "experiment/expressions.hpp"

namespace assay::experiment {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

std::string filled(std::string text, std::string_view row, std::string_view column) {
  replace_all(text, "{row}", row);
  replace_all(text, "{column}", column);
  return text;
}

}  // namespace

std::string Grid::workload(std::string_view row, std::string_view column) const {
  return filled(workload_of_all, row, column);
}

std::string Grid::figure_text(std::string_view row, std::string_view column) const {
  return filled(figure_of_all, row, column);
}

Figure Grid::figure(std::string_view row, std::string_view column) const {
  const auto parsed = parse_figure(figure_text(row, column));
  return parsed ? *parsed : Figure{};
}

}  // namespace assay::experiment
