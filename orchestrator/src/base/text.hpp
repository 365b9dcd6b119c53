// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The candidate that `wrong` most likely meant: one mistake in three letters and three in all, not counting
/// case and _ for -; else the only one that begins with it. "" when none is near.
[[nodiscard]] std::string nearest(std::string_view wrong, const std::vector<std::string>& candidates);

/// "; did you mean \"x\"?" or "" : to be appended to an error about `wrong`.
[[nodiscard]] std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& candidates);

/// Printable ASCII, tabs and newlines stay; every other byte becomes \xNN. For text that a guest sent.
[[nodiscard]] std::string printable(std::string_view text);

/// How many bytes the letter of UTF-8 has with which a text begins; 0: it begins with none.
[[nodiscard]] std::size_t letter_length(std::string_view text);

/// What our own colours are in a text.
enum class Colours : bool { dropped, kept };
/// For a terminal: text, tabs and newlines stay, as do letters of all languages in UTF-8. What talks to the
/// terminal (control characters, those of C1 among them, in whatever form) or turns the direction of writing
/// around becomes "?". `kept` lets sequences through that set a colour.
[[nodiscard]] std::string harmless(std::string_view text, Colours colours = Colours::dropped);

/// "a, b and c".
[[nodiscard]] std::string listed(const std::vector<std::string>& items);

/// "" or "s": `fmt::format("{} trial{}", n, plural(n))`.
[[nodiscard]] std::string_view plural(std::size_t count);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Printable ASCII on one line: what may come from a guest, a console or a file.
[[nodiscard]] std::string one_line(std::string_view text);

/// `word` as a shell reads it back, in quotes where it must be.
[[nodiscard]] std::string quoted_word(const std::string& word);

}  // namespace assay
