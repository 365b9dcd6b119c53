// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/builder.hpp"
#include "kernel/variant.hpp"
#include "mutate/score.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::mutate {

/// Which lines of a kernel mutants are made of.
struct ScopeWish {
  bool patch = true;                   ///< the lines by which it differs from the base
  unsigned context = 0;                ///< and so many around each
  std::vector<std::string> functions;  ///< and these whole: "do_wp_page", "mm/memory.c:do_wp_page"
};

/// A file of the kernel that is mutated, as its patches leave it.
struct ScopedFile {
  std::string name;  ///< below the tree: "mm/rmap.c"
  std::string text;
  std::set<unsigned> lines;  ///< wanted, from 1
  std::set<unsigned> patched;
  std::set<std::string> functions;  ///< wanted whole
};

struct Scope {
  std::vector<ScopedFile> files;
  std::vector<std::string> notes;  ///< what cannot be mutated, a sentence each
};

/// Finds them; copies of all files that the patches of `head` change are in `folder` then, where nothing was,
/// as these leave them. Errors: as kernel::build(); usage: nothing to be mutated, a function whose file
/// cannot be told.
Task<Result<Scope>> find_scope(kernel::Variant head, std::optional<kernel::Variant> base, ScopeWish wish,
                               kernel::BuilderOptions options, std::filesystem::path folder);

/// How clang parses a file of the tree, seen through the copies in `folder`: all arguments but the program's
/// name and the file. Error: usage: kbuild did not compile the file for this kernel.
[[nodiscard]] Result<std::vector<std::string>> clang_flags(const std::filesystem::path& tree,
                                                           const std::string& file, Arch arch,
                                                           const std::filesystem::path& folder);

}  // namespace assay::mutate
