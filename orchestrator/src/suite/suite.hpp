// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/units.hpp"
#include "kernel/config.hpp"
#include "run/session.hpp"
#include "suite/compare.hpp"
#include "suite/programs.hpp"
#include "suite/script.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::suite {

/// The suite on one kernel, or on two.
struct Wish {
  std::vector<std::string> kernels;  ///< as kernel::load_variant() takes them; the second is the head
  std::vector<std::string> names;    ///< of the kernels, for people
  std::optional<std::filesystem::path> tree;  ///< the tests of this folder; else those of the last kernel
  std::vector<std::string> categories;        ///< none: all
  unsigned trials = 1;                        ///< on two kernels, of what may differ; else of all
  std::string memory = "2G";
  std::string accel = "auto";
  Duration timeout = std::chrono::minutes(15);  ///< of a category
  bool only_list = false;                       ///< compiles the tests and runs none
};

/// What came of it.
struct Outcome {
  std::vector<std::string> names;  ///< of the kernels
  Programs programs;
  std::vector<Planned> planned;  ///< of the categories that were wished for
  std::vector<CategoryRun> base;
  std::vector<CategoryRun> head;  ///< empty with one kernel
  /// Of what the suite's file `config` asks for, what the last kernel lacks.
  std::vector<kernel::DroppedOption> lacking;
  bool same_kernel = false;
};

/// Builds kernels and tests, then runs each category in a guest of its own, the sides in turn. On two
/// kernels, a category with a difference is repeated on both until `trials` runs of each show it, or it
/// proves to be chance. Errors: as run::prepare_guest() and build_programs(); usage: no such category.
Task<Result<Outcome>> run_suite(run::Session& session, Wish wish);

}  // namespace assay::suite
