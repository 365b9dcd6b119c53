// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/mistakes.hpp"
#include "base/table_reader.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What has a name in an experiment's file, and what speaks of it by that name.
namespace assay::experiment {

/// The children of [section.*], each of them a table with a usable name, in the order of the file.
[[nodiscard]] std::vector<TomlChild> named_tables(TableReader& file, std::string_view section,
                                                  Mistakes& mistakes);
/// Reads one of them.
[[nodiscard]] TableReader reader_of(const TomlChild& child, std::string_view section, Mistakes& mistakes);

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
