// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "series/series.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

enum class SourceKind : std::uint8_t { debian, directory, git, tarball, prebuilt };

/// Where a kernel's source is, or the kernel itself.
struct SourceSpec {
  SourceKind kind = SourceKind::debian;
  std::string where;     ///< the Debian package, a path, or the URL of a git repository; "" for none
  std::string revision;  ///< of a git repository: what `git rev-parse` takes

  /// Beside a prebuilt image, each may be "".
  std::filesystem::path modules;  ///< the folder lib/modules/RELEASE
  std::filesystem::path vmlinux;
  std::filesystem::path system_map;
  std::filesystem::path config;

  /// "linux-source-6.12", "git /home/me/linux v6.12": for people.
  [[nodiscard]] std::string text() const;
};

/// One kernel variant as its file in images/kernels says it, `extends` already followed.
struct Variant {
  std::string name;            ///< as in its file, with "+FLAVOUR" for those that the user added
  std::filesystem::path file;  ///< where it was read from
  std::string base;            ///< name of the variant that it extends, or ""
  Arch arch = Arch::x86_64;
  SourceSpec source;
  std::vector<series::SeriesPatch> patches;      ///< in the order in which they apply
  std::vector<std::string> notes;                ///< of their mails, for the user: see Series
  std::filesystem::path config;                  ///< the .config that fragments are laid over, or ""
  std::vector<std::filesystem::path> fragments;  ///< config fragments, later ones win
  std::vector<std::filesystem::path> flavours;   ///< fragments that were asked for by name, after the others

  /// The names that may stand behind "+", sorted: fragments below `images`, but for parts that only one
  /// architecture has.
  [[nodiscard]] std::vector<std::string> flavour_names(const std::filesystem::path& images);

  /// The variant whose objects it starts from, along `extends` the first that starts from none: its name, and
  /// how many of the above come from it.
  std::string root;
  std::size_t root_patches = 0;
  std::size_t root_fragments = 0;
  bool is_root = false;  ///< it is the root itself
  /// Those of `patches` before this one are of the kernel that it changes, those from here on are the change.
  std::size_t first_own_patch = 0;
};

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

/// The variant whose objects `variant` starts from, with the same flavours.
[[nodiscard]] Variant root_of(const Variant& variant);

/// All config fragments of the variant, later ones win.
[[nodiscard]] std::vector<std::filesystem::path> all_fragments(const Variant& variant);

}  // namespace assay::kernel
