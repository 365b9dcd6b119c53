// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/grid_reader.hpp"

#include "experiment/claim_words.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

constexpr std::size_t most_cells = 1000;

/// An array of at least one name, none of them twice.
void read_labels(TableReader& reader, std::string_view key, std::vector<std::string>& labels,
                 Mistakes& mistakes) {
  std::vector<PlacedText> found;
  const bool is_list = reader.read(key, found);
  for (const auto& [text, where] : found) {
    if (!is_name(text)) {
      mistakes.add(where,
                   fmt::format("\"{}\" is not a name: use up to 64 letters, digits, '.', '_' and '-'", text));
    } else if (std::find(labels.begin(), labels.end(), text) != labels.end()) {
      mistakes.add(where, fmt::format("\"{}\" is there twice", text));
    }
    labels.push_back(text);
  }
  if (found.empty() && (is_list || !reader.has(key))) {
    reader.mistake(key, fmt::format("[[grids]] needs {} = [...]", key));
  }
}

Grid read_words(TableReader& reader, Mistakes& mistakes) {
  Grid grid;
  if (reader.require("id", grid.id) && !is_name(grid.id)) {
    reader.mistake("id", fmt::format("\"{}\" is not an id", grid.id));
  }
  reader.require("says", grid.says);
  reader.require("workload", grid.workload_of_all);
  reader.require("figure", grid.figure_of_all);
  read_labels(reader, "rows", grid.rows, mistakes);
  read_labels(reader, "columns", grid.columns, mistakes);
  if (!reader.has("expect")) {
    reader.missing("expect");
  }
  reader.read("expect", grid.expected, "<= 0", parse_bound);
  reader.read("why", grid.why);
  return grid;
}

/// Whether there is no mistake yet, neither in the words of this cell.
bool check_cell(TableReader& reader, const Grid& grid, const std::string& row, const std::string& column,
                ClaimWords words, Mistakes& mistakes) {
  words.check_workload(grid.workload(row, column), reader.place("workload"));
  const auto figure = parse_figure(grid.figure_text(row, column));
  if (!figure) {
    mistakes.add(reader.place("figure"), figure.error().text());
    return false;
  }
  words.check_figure(*figure, reader.place("figure"));
  if (!grid.why.empty()) {
    words.check_event({CountedEvent::Kind::check, grid.why, {}}, reader.place("why"));
  }
  return mistakes.none();
}

void check_cells(TableReader& reader, const Grid& grid, const ClaimWords& words, Mistakes& mistakes) {
  if (grid.rows.size() * grid.columns.size() > most_cells) {
    reader.mistake("rows", fmt::format("a grid has at most {} cells", most_cells));
    return;
  }
  for (const auto& row : grid.rows) {
    for (const auto& column : grid.columns) {
      if (!check_cell(reader, grid, row, column, words, mistakes)) {
        return;  // The others would say the same.
      }
    }
  }
}

}  // namespace

std::vector<const toml::table*> grid_tables(TableReader& file, Mistakes& mistakes) {
  std::vector<const toml::table*> tables;
  const auto* node = file.find("grids");
  const auto* array = node == nullptr ? nullptr : node->as_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* table = (*array)[i].as_table(); table != nullptr) {
      tables.push_back(table);
    }
  }
  if (node != nullptr && (array == nullptr || tables.size() != array->size())) {
    mistakes.add(file.place("grids"), "grids must be tables: write [[grids]] above the keys of each");
  }
  return tables;
}

TableReader reader_of_grid(const toml::table& table, Mistakes& mistakes) {
  return {table, place_of(table.source()), "[[grids]]", mistakes};
}

Grid read_grid(TableReader& reader, const std::vector<std::string>& variants,
               const std::vector<std::string>& machines, Mistakes& mistakes) {
  auto grid = read_words(reader, mistakes);
  read_known_names(reader, "variants", variants, grid.variants, mistakes);
  read_known_names(reader, "machines", machines, grid.machines, mistakes);
  return grid;
}

std::vector<Grid> read_grids(TableReader& file, const Experiment& experiment, const Catalogue& catalogue,
                             Mistakes& mistakes) {
  std::vector<Grid> grids;
  const ClaimWords words(experiment, catalogue, mistakes);
  const auto variants = names_of(experiment.variants);
  const auto machines = names_of(experiment.machines);
  for (const auto* table : grid_tables(file, mistakes)) {
    auto reader = reader_of_grid(*table, mistakes);
    auto grid = read_grid(reader, variants, machines, mistakes);
    check_cells(reader, grid, words, mistakes);
    reader.finish();
    grids.push_back(std::move(grid));
  }
  return grids;
}

}  // namespace assay::experiment
