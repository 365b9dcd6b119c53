// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "run/places.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::run {

/// A file that assay try writes: its name without .toml, and its text.
struct TriedFile {
  std::string name;
  std::string text;
};

/// A string of TOML, and an array of such.
[[nodiscard]] std::string toml_string(std::string_view text);
[[nodiscard]] std::string toml_list(const std::vector<std::string>& texts);

/// Writes them into the cache, where they stay, so that a run can be resumed: a folder by their content.
/// Error: infrastructure.
Result<std::filesystem::path> keep_tried(const Places& places, const std::vector<TriedFile>& files);

}  // namespace assay::run
