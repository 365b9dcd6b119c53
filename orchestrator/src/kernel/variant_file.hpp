// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "kernel/source_spec.hpp"
#include "series/series.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// A word of a variant file that names something outside of it.
struct Named {
  std::string name;
  std::string at;  ///< "file:line:column", for messages about what it names
};

/// What a variant adds, for all architectures or for one.
struct VariantPart {
  std::vector<Named> series;     ///< places, as series::read_series() takes them
  series::SeriesWish wish;       ///< for all of them
  std::filesystem::path config;  ///< a whole .config to start from, or ""
  std::vector<std::filesystem::path> fragments;
  std::vector<Named> flavours;
};

/// One variant file as it is written, paths made absolute or relative to where the program runs.
struct VariantFile {
  Named extends;             ///< its name is "" when the variant stands alone
  bool own_objects = false;  ///< it extends another, but does not start from its objects
  SourceSpec source;
  VariantPart common;
  std::map<Arch, VariantPart> arches;  ///< the tables [arch.NAME]; arch = "NAME" stands for an empty one
  std::optional<Arch> only;            ///< of the architectures of the variant that it extends
};

/// `text` is the content of `file`; paths in it count from the file's folder, "~/" is the user's home. Keys:
/// summary, extends, own_objects, arch, series, reverse, series_version, config, fragments, flavours,
/// [source] and [arch.NAME]. Error: usage, "file:line:column: ...", one line for each mistake.
[[nodiscard]] Result<VariantFile> parse_variant(std::string_view text, const std::filesystem::path& file);

/// What lies in the folder of a path that does not exist and has nearly its name: "; did you mean ...?".
[[nodiscard]] std::string beside_it(const std::filesystem::path& path);

}  // namespace assay::kernel
