// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "kernel/variant.hpp"
#include "run/places.hpp"
#include "suite/programs.hpp"

#include <filesystem>
#include <optional>

namespace assay::suite {

/// Folders of kernel trees.
struct TestFolders {
  std::optional<std::filesystem::path> tree;   ///< instead of the variant's source, with its patches
  std::optional<std::filesystem::path> tests;  ///< as it is
};

/// Where the tests of a kernel are: in the source of the variant, with its patches, or in a folder. Of a
/// folder all that is in it now counts, of which a kernel's own snapshot leaves tests out. Errors: usage (a
/// kernel that is built already brings none), infrastructure.
Task<Result<TestSource>> find_tests(run::Places places, kernel::Variant variant, TestFolders folders);

}  // namespace assay::suite
