// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace assay::series {

/// RFC 2045. What is no valid encoding stays as it is, as mailers do it. Never fails.
[[nodiscard]] std::string decode_quoted_printable(std::string_view text);
/// RFC 2045: ends at the first line that is none, as a list's footer behind it is. Never fails.
[[nodiscard]] std::string decode_base64(std::string_view text);
/// `bytes` as UTF-8; unchanged when the charset is not known or the bytes are not of it.
[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);
/// An unfolded header value with its RFC 2047 words ("=?utf-8?q?...?=") decoded, in linear time.
[[nodiscard]] std::string decode_header(std::string_view value);
/// RFC 3676: stuffed blanks taken out, lines that end in a blank joined with the next one; with
/// `delete_space` without that blank.
[[nodiscard]] std::string unflowed(std::string_view text, bool delete_space);
/// Whether each line ends in "\r\n".
[[nodiscard]] bool has_only_network_lines(std::string_view text);
/// "\r\n" becomes "\n".
[[nodiscard]] std::string without_carriage_returns(std::string_view text);
/// ASCII letters made small.
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace assay::series
