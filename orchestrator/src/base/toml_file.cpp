// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/toml_file.hpp"

#include "base/mistakes.hpp"
#include "base/table_reader.hpp"
#include "base/toml_guard.hpp"
#include "base/units.hpp"

#include <algorithm>

namespace assay {

Result<toml::table> parse_toml(std::string_view text, const std::string& file, std::string_view kind) {
  constexpr std::size_t most_bytes = std::size_t{256} << 10U;
  Mistakes mistakes(file);
  if (text.size() > most_bytes) {
    mistakes.add({}, fmt::format("the file has {}, and {} at most {}", human(Bytes(text.size())), kind,
                                 human(Bytes(most_bytes))));
    return mistakes.error();
  }
  for (const auto& find : {wrong_encoding, hazard_in}) {
    if (auto hazard = find(text)) {
      mistakes.add(hazard->where, std::move(hazard->what));
      return mistakes.error();
    }
  }
  try {
    return toml::parse(text, std::string_view(file));
  } catch (const toml::parse_error& error) {
    auto [where, what] = explained(text, place_of(error.source()), error.description());
    std::replace(what.begin(), what.end(), '\n', ' ');
    mistakes.add(where, std::move(what));
    return mistakes.error();
  }
}

}  // namespace assay
