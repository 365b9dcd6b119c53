// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// The content of a file, unpacked where its name says that it is packed (.gz, .xz, .bz2, .zst).
/// Error: usage; also beyond 64 MiB.
[[nodiscard]] Result<std::string> read_packed(const std::filesystem::path& file);

/// As gzip writes it. The same bytes give the same.
[[nodiscard]] std::string gzipped(std::string_view bytes);

/// What gzipped() was given, when it is `size` bytes; nothing for what gzip did not write. Whatever `packed`
/// promises, takes no more memory than that.
[[nodiscard]] std::optional<std::string> gunzipped(std::string_view packed, std::size_t size);

}  // namespace assay
