// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// Reads images/kernels/<name>.toml below `images` (or `name` itself when it is a path to a .toml file), as
/// it is for `arch`. Other names are kernels as they are: "debian:6.12", the path of an image.
/// "NAME+FLAVOUR+FLAVOUR" adds the fragments configs/FLAVOUR.config. Error: usage, with
/// file, line, column and what was meant.
[[nodiscard]] Result<Variant> load_variant(const std::filesystem::path& images, std::string_view name,
                                           Arch arch);

/// The architectures that the variant can be built for. Errors: as load_variant.
[[nodiscard]] Result<std::vector<Arch>> arches_of(const std::filesystem::path& images, std::string_view name);

/// The names of all variant files below `images`, sorted.
[[nodiscard]] std::vector<std::string> variant_names(const std::filesystem::path& images);

/// The names that may stand behind "+", sorted: fragments below `images`, but for parts that only one
/// architecture has.
[[nodiscard]] std::vector<std::string> flavour_names(const std::filesystem::path& images);

}  // namespace assay::kernel
