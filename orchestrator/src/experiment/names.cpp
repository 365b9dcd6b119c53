// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/names.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"

#include <algorithm>

namespace assay::experiment {

std::vector<TomlChild> named_tables(TableReader& file, std::string_view section, Mistakes& mistakes) {
  std::vector<TomlChild> tables;
  const toml::table* table = nullptr;
  if (!file.read(section, table)) {
    return tables;
  }
  for (auto& child : children_of(*table)) {
    if (!child.node->is_table()) {
      mistakes.add(child.key, fmt::format("{}.{} must be a table, not {}: write [{}.{}] above its keys",
                                          section, child.name, kind_of(*child.node), section, child.name));
      continue;
    }
    if (!is_name(child.name)) {
      mistakes.add(child.key, fmt::format("\"{}\" is not a name: use up to 64 letters, digits, '.', '_' and "
                                          "'-', beginning with a letter or a digit",
                                          child.name));
    }
    tables.push_back(std::move(child));
  }
  return tables;
}

TableReader reader_of(const TomlChild& child, std::string_view section, Mistakes& mistakes) {
  return {*child.node->as_table(), place_of(child.node->source()),
          fmt::format("[{}.{}]", section, child.name), mistakes};
}

void read_known_names(TableReader& reader, std::string_view key, const std::vector<std::string>& known,
                      std::vector<std::string>& names, Mistakes& mistakes) {
  std::vector<PlacedText> texts;
  const bool is_list = reader.read(key, texts);
  for (const auto& [text, where] : texts) {
    if (std::find(known.begin(), known.end(), text) == known.end()) {
      mistakes.add(where,
                   fmt::format("{}: the experiment has no \"{}\"{}", key, text, did_you_mean(text, known)));
    } else if (std::find(names.begin(), names.end(), text) != names.end()) {
      mistakes.add(where, fmt::format("\"{}\" is there twice", text));
    }
    names.push_back(text);
  }
  if (texts.empty() && is_list) {
    reader.mistake(key, fmt::format("{} names nothing: leave it out to mean all", key));
  }
}

}  // namespace assay::experiment
