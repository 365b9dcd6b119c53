// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/cache.hpp"
#include "kernel/progress.hpp"
#include "kernel/source_spec.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// The source as it was found on this host.
struct SourceInput {
  SourceKind kind = SourceKind::debian;
  std::filesystem::path path;  ///< the tarball; the git folder that has `tree`; the prebuilt image
  std::string sha256;          ///< of the content: two places with the same content have the same
  std::string tree;            ///< git's name of the content, for directories and git repositories
  std::string commit;          ///< for git repositories
  SourceSpec files;            ///< of a prebuilt kernel
  bool whole = false;          ///< nothing is left out when it is unpacked
};

/// The unpacked source in the cache, unpacked now if need be, without drivers and architectures that work on
/// memory management never compiles (their Kconfig files and Makefiles stay), unless it shall be whole. Treat
/// it as read-only.
/// Errors: infrastructure.
Task<Result<std::filesystem::path>> unpacked_source(CacheLayout layout, SourceInput source,
                                                    ProgressMeter& meter);

/// Unpacks these files and folders of the source, by their path in it, into the folder `place`, as they are
/// there: nothing of them is left out. Error: infrastructure.
Task<Status> unpack_parts(SourceInput source, std::vector<std::string> parts, std::filesystem::path place);

/// The name of that folder below sources/.
[[nodiscard]] std::string source_key(const SourceInput& source);

/// Whether a tree has these files (kernel_files() of an architecture). Error: usage, says what is missing.
[[nodiscard]] Status check_tree(const std::filesystem::path& tree, const std::vector<std::string>& files);

}  // namespace assay::kernel
