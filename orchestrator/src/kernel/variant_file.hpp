// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// One variant file as it is written, paths made absolute or relative to where the program runs.
struct VariantFile {
  std::string extends;     ///< "" when it stands alone
  std::string extends_at;  ///< "file:line:column" of that key, for messages about the other file
  std::optional<Arch> arch;
  std::string debian_source;     ///< "" when the file has none
  std::filesystem::path series;  ///< folder with a `series` file; "" when the file has none
  std::string series_at;         ///< "file:line:column" of that key
  std::vector<std::filesystem::path> fragments;
};

/// `text` is the content of `file`; paths in it count from the file's folder. Keys: summary, extends, arch,
/// series, fragments, [source] debian. Error: usage, "file:line:column: ...", one line for each mistake.
[[nodiscard]] Result<VariantFile> parse_variant(std::string_view text, const std::filesystem::path& file);

}  // namespace assay::kernel
