// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/grid_reader.hpp"

#include "base/toml_file.hpp"
#include "experiment/claim_words.hpp"
#include "experiment/expressions.hpp"
#include "experiment/matrix_reader.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

constexpr std::size_t most_cells = 1000;

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
  const auto figure = parse_figure(filled(grid.figure_of_all, row, column));
  if (!figure) {
    mistakes.add(reader.place("figure"), figure.error().text());
    return false;
  }
  words.check_figure(*figure, reader.place("figure"));
  if (!grid.why.empty()) {
    words.check_event({Event::Kind::check, grid.why, {}}, reader.place("why"));
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

/// The tables of [[grids]].
std::vector<const toml::table*> tables_of(const toml::node* node) {
  std::vector<const toml::table*> tables;
  const auto* array = node == nullptr ? nullptr : node->as_array();
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* table = (*array)[i].as_table(); table != nullptr) {
      tables.push_back(table);
    }
  }
  return tables;
}

}  // namespace

std::string Grid::workload(std::string_view row, std::string_view column) const {
  return filled(workload_of_all, row, column);
}

Figure Grid::figure(std::string_view row, std::string_view column) const {
  const auto parsed = parse_figure(filled(figure_of_all, row, column));
  return parsed ? *parsed : Figure{};
}

std::vector<Grid> read_grids(TableReader& file, const Experiment& experiment, const Catalogue& catalogue,
                             Mistakes& mistakes) {
  std::vector<Grid> grids;
  const ClaimWords words(experiment, catalogue, mistakes);
  const auto* node = file.find("grids");
  const auto tables = tables_of(node);
  if (node != nullptr && (node->as_array() == nullptr || tables.size() != node->as_array()->size())) {
    mistakes.add(file.place("grids"), "grids must be tables: write [[grids]] above the keys of each");
  }
  for (const auto* table : tables) {
    TableReader reader(*table, place_of(table->source()), "[[grids]]", mistakes);
    auto grid = read_words(reader, mistakes);
    read_known_names(reader, "variants", names_of(experiment.variants), grid.variants, mistakes);
    read_known_names(reader, "machines", names_of(experiment.machines), grid.machines, mistakes);
    check_cells(reader, grid, words, mistakes);
    reader.finish();
    grids.push_back(std::move(grid));
  }
  return grids;
}

std::vector<Grid> grids_in(std::string_view text) {
  const auto parsed = parse_toml(text, "", "an experiment");
  if (!parsed) {
    return {};
  }
  Mistakes mistakes("");
  TableReader file(*parsed, {}, "the file", mistakes);
  const auto variants = names_of(read_variants(file, mistakes));
  const auto machines = names_of(read_machines(file, mistakes));
  std::vector<Grid> grids;
  for (const auto* table : tables_of(file.find("grids"))) {
    TableReader reader(*table, {}, "[[grids]]", mistakes);
    auto grid = read_words(reader, mistakes);
    read_known_names(reader, "variants", variants, grid.variants, mistakes);
    read_known_names(reader, "machines", machines, grid.machines, mistakes);
    grid.variants = grid.variants.empty() ? variants : grid.variants;
    grid.machines = grid.machines.empty() ? machines : grid.machines;
    grids.push_back(std::move(grid));
  }
  return grids;
}

}  // namespace assay::experiment
