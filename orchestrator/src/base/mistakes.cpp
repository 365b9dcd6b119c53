// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/mistakes.hpp"

#include "base/text.hpp"
#include "base/toml_text.hpp"

#include <algorithm>

namespace assay {

void Mistakes::add(Place where, std::string what) {
  const auto here = std::ranges::equal_range(mistakes_, where, {}, &Mistake::where);
  if (std::ranges::find(here, what, &Mistake::what) == here.end()) {
    mistakes_.insert(here.end(), {where, std::move(what)});
  }
}

void Mistakes::add_at(Place string, std::string_view word, std::string what) {
  add(place_of_word(text_, string, word), std::move(what));
}

Error Mistakes::error() const {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, mistakes_.size()); ++i) {
    const auto& [where, what] = mistakes_[i];
    text += fmt::format("{}{}{}", i == 0 ? "" : "\n",
                        file_.empty() ? "" : fmt::format("{}:{}:{}: ", file_, where.line, where.column),
                        printable(what));
  }
  if (mistakes_.size() > most) {
    text += fmt::format("\n{}and {} more mistake{}", file_.empty() ? "" : file_ + ": ",
                        mistakes_.size() - most, plural(mistakes_.size() - most));
  }
  return {Failure::usage, text};
}

}  // namespace assay
