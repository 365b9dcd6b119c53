// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/source.hpp"
#include "kernel/source_spec.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::kernel {

/// The tree of a git repository's revision. A path is only read. A URL is fetched into `cache`, without its
/// history: a commit or a tag once, a branch each time, as far as the network goes.
/// Error: usage: no repository, no such revision (git's words). Infrastructure: the fetch.
Task<Result<SourceInput>> find_git(SourceSpec spec, std::filesystem::path cache);

/// A snapshot of the directory, in a repository of our own below `cache`: what git would track, without what
/// the directory's .gitignore files name (a kernel's name all that a build makes). The directory is only
/// read, and need not be a git repository. The next snapshot reads only what changed. Error: usage: no such
/// directory. Infrastructure. Without `whole`, what is left out of sources is not looked at either.
Task<Result<SourceInput>> snapshot_directory(std::filesystem::path directory, std::filesystem::path cache,
                                             bool whole);

/// The tree of a revision in a git repository on this host, which is only read.
/// Error: usage: no such folder, no repository, no such revision.
Task<Result<SourceInput>> find_revision(std::filesystem::path tree, std::string revision);

/// Whether that revision has `files`. Error: usage, names those that it lacks.
Task<Status> check_revision(SourceInput source, std::vector<std::string> files);

/// A commit in a repository of ours that holds the tree as it stands there now; what is edited later does not
/// reach it. With `whole`, also what is left out of sources. Error: usage: no such folder. Infrastructure.
Task<Result<SourceInput>> freeze_directory(std::filesystem::path directory, std::filesystem::path cache,
                                           bool whole);

}  // namespace assay::kernel
