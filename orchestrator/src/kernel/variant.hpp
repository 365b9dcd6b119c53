// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "kernel/source_spec.hpp"
#include "series/series.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

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

  /// The variant whose objects it starts from, along `extends` the first that starts from none: its name, and
  /// how many of the above come from it.
  std::string root;
  std::size_t root_patches = 0;
  std::size_t root_fragments = 0;
  bool is_root = false;  ///< it is the root itself
  /// Those of `patches` before this one are of the kernel that it changes, those from here on are the change.
  std::size_t first_own_patch = 0;
};

/// The variant whose objects `variant` starts from, with the same flavours.
[[nodiscard]] Variant root_of(const Variant& variant);

/// All config fragments of the variant, later ones win.
[[nodiscard]] std::vector<std::filesystem::path> all_fragments(const Variant& variant);

}  // namespace assay::kernel
