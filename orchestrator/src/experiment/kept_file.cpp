// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/kept_file.hpp"

#include "base/toml_file.hpp"
#include "experiment/claim_tables.hpp"
#include "experiment/grid_reader.hpp"
#include "experiment/matrix_reader.hpp"
#include "experiment/names.hpp"

#include <utility>

namespace assay::experiment {

std::vector<machine::MachineSpec> machines_in(std::string_view text) {
  const auto parsed = parse_toml(text, "", "an experiment");
  if (!parsed) {
    return {};
  }
  Mistakes mistakes("");
  TableReader reader(*parsed, {}, "the file", mistakes);
  return read_machines(reader, mistakes);
}

bool shares_guests(std::string_view text) {
  const auto parsed = parse_toml(text, "", "an experiment");
  return parsed && (*parsed)["experiment"]["guests"].value_or(std::string()) == "shared";
}

std::vector<ClaimSource> claim_sources_in(std::string_view text) {
  const auto parsed = parse_toml(text, "", "an experiment");
  if (!parsed) {
    return {};
  }
  Mistakes mistakes("");
  TableReader file(*parsed, {}, "the file", mistakes);
  const auto head = [&](const char* key) { return (*parsed)["experiment"][key].value_or(std::string()); };
  const Quote usual{.name = {}, .author = head("author"), .message_id = head("thread")};
  const auto quotes = read_quotes(file, usual, mistakes);
  std::vector<ClaimSource> sources;
  for (const auto& table : claim_tables(file, mistakes)) {
    auto reader = table.reader(mistakes);
    ClaimSource source;
    reader.read("id", source.claim);
    reader.read("says", source.says);
    reader.read("workload", source.workload);
    reader.read("control", source.control);
    auto quote = read_source(reader, quotes, usual);
    source.quote = std::move(quote.text);
    source.author = std::move(quote.author);
    source.message_id = std::move(quote.message_id);
    sources.push_back(std::move(source));
  }
  return sources;
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
  for (const auto* table : grid_tables(file, mistakes)) {
    auto reader = reader_of_grid(*table, mistakes);
    auto grid = read_grid(reader, variants, machines, mistakes);
    grid.variants = grid.variants.empty() ? variants : grid.variants;
    grid.machines = grid.machines.empty() ? machines : grid.machines;
    grids.push_back(std::move(grid));
  }
  return grids;
}

}  // namespace assay::experiment
