// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"
#include "kernel/builder.hpp"
#include "run/kernels.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// The options of `assay kernel ...`.
struct KernelOptions {
  std::vector<std::string> variants;
  unsigned jobs = 0;
  std::string arch;  ///< "" for the first that the variant is for
  bool json = false;
  bool yes = false;
  unsigned runs = 10;
};

/// A variant by its name on the command line. Error: usage.
[[nodiscard]] Result<kernel::Variant> named_variant(const Places& places, const std::string& name,
                                                    const std::string& arch);

/// `assay kernel show`: where a kernel comes from, built or not.
Task<Result<ExitCode>> show_kernels(Globals& globals, KernelOptions options);
/// `assay kernel diff A B`.
Task<Result<ExitCode>> diff_kernels(Globals& globals, KernelOptions options);
/// `assay kernel gc`.
Task<Result<ExitCode>> collect_kernels(Globals& globals, KernelOptions options);

}  // namespace assay::cli
