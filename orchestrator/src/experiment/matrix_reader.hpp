// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

namespace assay::experiment {

/// The children of [section.*], each of them a table with a usable name, in the order of the file.
[[nodiscard]] std::vector<TomlChild> named_tables(TableReader& file, std::string_view section,
                                                  Mistakes& mistakes);
/// Reads one of them.
[[nodiscard]] TableReader reader_of(const TomlChild& child, std::string_view section, Mistakes& mistakes);

/// Reads [variants.*] of the whole file's table. None at all is a mistake.
[[nodiscard]] std::vector<VariantUse> read_variants(TableReader& file, Mistakes& mistakes);
/// Reads [machines.*]; one default machine when the file has none.
[[nodiscard]] std::vector<machine::MachineSpec> read_machines(TableReader& file, Mistakes& mistakes);
/// Reads [workloads.*] and checks every parameter against the catalogue; `experiment` already holds the
/// variants and machines that they may be limited to. None at all is a mistake, and so is a variant that none
/// runs with.
[[nodiscard]] std::vector<WorkloadRun> read_workloads(TableReader& file, const Experiment& experiment,
                                                      const Catalogue& catalogue, Mistakes& mistakes);

/// Reads an array of names of which each must be known and none may be there twice.
void read_known_names(TableReader& reader, std::string_view key, const std::vector<std::string>& known,
                      std::vector<std::string>& names, Mistakes& mistakes);

/// The names in the order of the file: what a mistaken name is compared with.
template <class T>
[[nodiscard]] std::vector<std::string> names_of(const std::vector<T>& named) {
  std::vector<std::string> names;
  for (const auto& one : named) {
    names.push_back(one.name);
  }
  return names;
}

}  // namespace assay::experiment
