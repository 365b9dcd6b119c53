// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/interrupt.hpp"
#include "image/initramfs.hpp"
#include "kernel/source.hpp"
#include "series/series.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// Where the tests' sources are.
struct TestSource {
  kernel::SourceInput source;
  std::vector<series::SeriesPatch> patches;
};

struct NotBuilt {
  std::string program;
  std::string why;  ///< the compiler's words, and what to install
  bool operator==(const NotBuilt&) const = default;
};

/// tools/testing/selftests/mm of a kernel, compiled.
struct Programs {
  std::filesystem::path folder;
  std::vector<NotBuilt> not_built;
};

/// What `make -k -O` says of what it cannot build.
[[nodiscard]] std::vector<NotBuilt> not_built_of(std::string_view log);

/// Compiles the suite below `cache`, once for the same sources and compiler; what did not compile is tried
/// again. Errors: usage (the tree has no such suite), build (no headers; where ASSAY_BUILD is "never" and
/// nothing was built yet), interrupted, infrastructure.
Task<Result<Programs>> build_programs(std::filesystem::path cache, TestSource source, Interrupt& interrupt,
                                      std::function<void(std::string_view)> say);

/// The suite with the shell and the libraries that it needs, as a guest finds them. Errors: usage.
[[nodiscard]] Result<std::vector<image::HostFile>> files_for_guest(const Programs& programs,
                                                                   const std::filesystem::path& start_script);

/// Where a guest has them.
inline constexpr std::string_view guest_folder = "/selftests/mm";
inline constexpr std::string_view guest_start = "/selftests/start";

}  // namespace assay::suite
