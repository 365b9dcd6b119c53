// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "kernel/job.hpp"

#include <cstddef>
#include <string>

/// The steps of one build.
namespace assay::kernel {

/// About how many lines make will print. Another configuration than the base's compiles nearly everything
/// anew.
[[nodiscard]] std::size_t expected_lines(const Job& job, bool from_base);

/// Configures and compiles the tree as it stands. Returns what is to be known about the configuration, or "".
Task<Result<std::string>> make_kernel(const Job& job, bool from_base);

/// Keeps what make left in the tree of `made` as the kernel of `job`.
[[nodiscard]] Result<Kernel> store(const Job& job, const Job& made, std::string note);

/// The kernel of the job from the cache or built now; with `objects`, its tree is there as well.
Task<Result<Kernel>> obtain(const Job& job, const Job* base, bool objects);

}  // namespace assay::kernel
