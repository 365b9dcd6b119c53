// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/kernel.hpp"
#include "kernel/source.hpp"
#include "kernel/variant.hpp"

namespace assay::kernel {

/// Looks at where the variant's source is and hashes it. Debian's archive and tarballs by their bytes; a
/// directory by a snapshot of the files that git would track; a git repository by the tree of its revision,
/// fetched first when it is a URL; a prebuilt kernel by its files.
/// Errors: usage (it is not there), infrastructure (a package to install, git).
Task<Result<SourceInput>> find_source(Variant variant, BuilderOptions options);

}  // namespace assay::kernel
