// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "suite/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// All that one guest said of one category.
struct CategoryRun {
  std::string category;
  std::vector<TestEnd> tests;
};

/// What is told of a test. Flaky: it ended in two ways on one side. Undecided: it differs in a category that
/// did not have all its runs.
enum class Told : std::uint8_t { same, flaky, worse, better, other, undecided };
[[nodiscard]] std::string_view name_of(Told told);

/// A test on both sides; with one side, `head` is empty.
struct Compared {
  std::string category;
  std::string name;
  std::vector<TestEnd> base;  ///< one for each run
  std::vector<TestEnd> head;
  Told told = Told::same;
};

/// Every test of any of the runs, by category and as they come. A test that is missing in a run is "not run"
/// there; a report of the kernel that is missing is one that did not come.
[[nodiscard]] std::vector<Compared> compared(const std::vector<CategoryRun>& base,
                                             const std::vector<CategoryRun>& head);

/// Whether chance may have made what differs in these runs of one category: some test ends in one way on each
/// side, and in another on the other one.
[[nodiscard]] bool may_differ(const std::vector<CategoryRun>& base, const std::vector<CategoryRun>& head,
                              const std::string& category);

/// What differs in a category that was not repeated as it should have been is undecided.
void leave_undecided(std::vector<Compared>& tests, std::string_view category);

/// "passed", or "passed 2, failed 3".
[[nodiscard]] std::string ends_text(const std::vector<TestEnd>& runs);

}  // namespace assay::suite
