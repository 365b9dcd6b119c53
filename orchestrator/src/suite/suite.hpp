// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/units.hpp"
#include "run/session.hpp"
#include "suite/compare.hpp"
#include "suite/lacking.hpp"
#include "suite/plan.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::suite {

/// Names of suites that are not of the kernel's source.
inline constexpr std::string_view ltp_suite = "ltp";
inline constexpr std::string_view stress_suite = "stress-ng";

/// A suite on one kernel, or on two.
struct Wish {
  std::string suite = "mm";          ///< a target of tools/testing/selftests, ltp_suite or stress_suite
  std::vector<std::string> kernels;  ///< as kernel::load_variant() takes them; the second is the head
  std::vector<std::string> names;    ///< of the kernels, for people
  /// The tests of this folder, with the patches of the last kernel, or of that folder as they are; else those
  /// of the last kernel's source.
  std::optional<std::filesystem::path> tree;
  std::optional<std::filesystem::path> tests;
  std::filesystem::path ltp;            ///< the folder of LTP
  std::vector<std::string> categories;  ///< none: all
  unsigned trials = 1;                  ///< on two kernels, of what may differ; else of all
  std::string memory = "2G";
  std::string accel = "auto";
  Duration timeout = std::chrono::minutes(15);      ///< of a category
  Duration stress_time = std::chrono::seconds(30);  ///< of a stressor
  std::optional<unsigned> stress_ops;               ///< a stressor ends after so many operations, too
  bool only_list = false;                           ///< compiles the tests and runs none
};

/// A category that has not all its runs.
struct Missed {
  std::string category;
  std::string why;
};

/// What came of it.
struct Outcome {
  std::vector<std::string> names;  ///< of the kernels
  Plan plan;                       ///< of the categories that were wished for
  std::vector<CategoryRun> base;
  std::vector<CategoryRun> head;       ///< empty with one kernel
  std::vector<LackingOption> lacking;  ///< of each kernel, of what the suite asks for
  std::vector<std::string> notes;      ///< what the guests lack, for people
  bool same_kernel = false;
  std::vector<Missed> missed;
  std::optional<Error> trouble;  ///< the first for which a category was missed
};

/// Builds kernels and tests, then runs each category in a guest of its own, the sides in turn. On two
/// kernels, a category with a difference is repeated on both until `trials` runs of each show it, or it
/// proves to be chance. A guest that is lost (no hello, a failure of ours) is tried once more; a category
/// that loses two is missed, two such categories in a row, an interrupt or a mistake end the suite, and what
/// ended before is kept. Errors: as run::prepare_guest() and build_programs(), when nothing ended; usage: no
/// such category.
Task<Result<Outcome>> run_suite(run::Session& session, Wish wish);

/// The suites that the source of the last kernel, or Wish::tree, has. Errors: as build_programs().
Task<Result<std::vector<std::string>>> list_suites(run::Session& session, Wish wish);

}  // namespace assay::suite
