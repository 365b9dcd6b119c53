// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/interrupt.hpp"
#include "suite/workshop.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::suite {

/// A target of tools/testing/selftests, compiled.
struct Programs {
  std::filesystem::path selftests;  ///< the folder that has all targets
  std::string target;               ///< "mm"
  std::vector<NotBuilt> not_built;
  TargetFiles named;
  [[nodiscard]] std::filesystem::path folder() const { return selftests / target; }
};

/// Compiles a target ("mm", "filesystems/epoll") below `cache`, once for the same sources and compiler; what
/// did not compile is tried again. "mm" is "vm" in sources before 6.3. Errors: usage (there is no such
/// target), build (no headers; where ASSAY_BUILD is "never" and nothing was built yet), interrupted,
/// infrastructure.
Task<Result<Programs>> build_programs(std::filesystem::path cache, TestSource source, std::string target,
                                      Interrupt& interrupt, Say say);

/// The targets of a source. Errors: as above.
Task<Result<std::vector<std::string>>> list_targets(std::filesystem::path cache, TestSource source,
                                                    Interrupt& interrupt, Say say);

}  // namespace assay::suite
