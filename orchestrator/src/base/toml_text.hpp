// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/place.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What stands where in the text of a TOML file: for messages, and to keep from toml++ what it cannot take.
namespace assay {

struct Hazard {
  Place where;
  std::string what;
};

/// Columns count characters, not bytes.
[[nodiscard]] Place place_at(std::string_view text, std::size_t at);
/// The other way round; the end of the text for a place that is not in it.
[[nodiscard]] std::size_t offset_of(std::string_view text, Place place);

/// Whether the string that starts at `at` does so with three quotes.
[[nodiscard]] bool is_multi_line(std::string_view text, std::size_t at);
/// The index behind the string that starts at `at`. Where a string never ends it is some index behind `at`.
[[nodiscard]] std::size_t skip_string(std::string_view text, std::size_t at);

/// Where `word` stands in the string whose quote is at `string`: not as a part of a longer name. `string`
/// when it is not there.
[[nodiscard]] Place place_of_word(std::string_view text, Place string, std::string_view word);

/// The first thing that tells that these bytes are no UTF-8 text: a byte order mark, UTF-16, a NUL or another
/// control character, a byte that is not UTF-8.
[[nodiscard]] std::optional<Hazard> wrong_encoding(std::string_view text);

/// What toml++ says is wrong and where it stopped, as who wrote the file sees it: where the mistake is.
[[nodiscard]] Hazard explained(std::string_view text, Place stopped, std::string_view what);

}  // namespace assay
