// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/job.hpp"

#include <string_view>

namespace assay::kernel {

/// What the error of a disk that is too small says.
inline constexpr std::string_view no_space_mark = ", and the build needs ";

/// Makes `job.tree()` hold the source and the patches, anew or from where an earlier attempt was cut off;
/// with a base, also the base's objects. Errors: as build().
Task<Status> prepare(const Job& job, const Job* base);

/// Applies the patches to copies of the files that they touch, before a base is built, which may take
/// minutes. Errors: as build().
Task<Status> try_series(const Job& job);

}  // namespace assay::kernel
