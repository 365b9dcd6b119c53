// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Numbers as a browser unpacks them (orchestrator/browser/data.js).
namespace assay::report {

/// 7 bits per byte, the least significant first, the high bit set on all bytes but the last.
void put_number(std::string& out, std::uint64_t value);
/// Differences to the number before (the first: to 0), in zigzag code.
void put_column(std::string& out, std::span<const std::int64_t> column);

/// As gzip writes it, in base64. The same bytes give the same text.
[[nodiscard]] std::string packed(std::string_view bytes);

}  // namespace assay::report
