// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// One kernel variant as its file in images/kernels says it, `extends` already followed.
struct Variant {
  std::string name;            ///< as in its file
  std::filesystem::path file;  ///< where it was read from
  std::string base;            ///< name of the variant that it extends, or ""
  Arch arch = Arch::x86_64;
  std::string debian_source;                     ///< "linux-source-6.12"
  std::vector<std::filesystem::path> patches;    ///< in the order in which they apply
  std::vector<std::filesystem::path> fragments;  ///< config fragments, later ones win
};

/// Reads images/kernels/<name>.toml below `images` (or `name` itself when it is a path to a .toml file).
/// Error: usage, with file, line, column and what was meant.
[[nodiscard]] Result<Variant> load_variant(const std::filesystem::path& images, std::string_view name);

/// The names of all variant files below `images`, sorted.
[[nodiscard]] std::vector<std::string> variant_names(const std::filesystem::path& images);

}  // namespace assay::kernel
