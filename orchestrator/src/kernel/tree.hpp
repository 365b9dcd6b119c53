// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <functional>

namespace assay::kernel {

/// Told now and then how many files are done.
using FileCount = std::function<void(std::size_t)>;

/// Content, mode and time; shares blocks where the file system can. Error: infrastructure.
[[nodiscard]] Status duplicate_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Makes `to` look like `from`, times included. Files that are hard links into `pristine` (which may be
/// `from` itself) become one more hard link, all others are copied; what the final link steps of a kernel
/// made is left out, as every variant makes it anew. Lets others run in between. Error: infrastructure.
Task<Status> clone_tree(std::filesystem::path from, std::filesystem::path to, std::filesystem::path pristine,
                        FileCount count);

/// kbuild's tools/ record absolute paths in their .cmd files: makes those of a clone name the clone, so that
/// nothing is rebuilt. Error: infrastructure.
[[nodiscard]] Status move_recorded_paths(const std::filesystem::path& tree,
                                         const std::filesystem::path& old_tree);

/// After a build that was killed: removes each target that is younger than kbuild's record of it (its .cmd
/// file, written last: cmd_and_fixdep in scripts/Kbuild.include, 6.12), because it may be cut off.
void remove_torn_targets(const std::filesystem::path& tree);

}  // namespace assay::kernel
