// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernel/cache.hpp"
#include "kernel/identity.hpp"
#include "kernel/progress.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// Looks at where the variant's source is and hashes it. Debian's archive and tarballs by their bytes; a
/// directory by a snapshot of the files that git would track; a git repository by the tree of its revision,
/// fetched first when it is a URL; a prebuilt kernel by its files.
/// Errors: usage (it is not there), infrastructure (a package to install, git).
Task<Result<SourceInput>> find_source(Variant variant, BuilderOptions options);

/// The tree of a revision in a git repository on this host, which is only read.
/// Error: usage: no such folder, no repository, no such revision.
Task<Result<SourceInput>> find_revision(std::filesystem::path tree, std::string revision);

/// Whether that revision has `files`. Error: usage, names those that it lacks.
Task<Status> check_revision(SourceInput source, std::vector<std::string> files);

/// A commit in a repository of ours that holds the tree as it stands there now; what is edited later does not
/// reach it. With `whole`, also what is left out of sources. Error: usage: no such folder. Infrastructure.
Task<Result<SourceInput>> freeze_directory(std::filesystem::path directory, std::filesystem::path cache,
                                           bool whole);

/// The unpacked source in the cache, unpacked now if need be, without drivers and architectures that work on
/// memory management never compiles (their Kconfig files and Makefiles stay), unless it shall be whole. Treat
/// it as read-only.
/// Errors: infrastructure.
Task<Result<std::filesystem::path>> unpacked_source(CacheLayout layout, SourceInput source,
                                                    ProgressMeter& meter);

/// The name of that folder below sources/.
[[nodiscard]] std::string source_key(const SourceInput& source);

/// The exclusive lock `name`, waited for; meanwhile the meter says "waiting for another assay <doing>".
Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter);

}  // namespace assay::kernel
