// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace assay::mutate {

/// What somebody wants to be mutated. What is not said is as the experiment's [mutate] has it.
struct MutateWish {
  std::string experiment;  ///< folder, file or name
  std::string variant;     ///< by the experiment's name; "": [mutate], or the last of two
  std::string base;        ///< "": [mutate], or the first of two
  bool patch = false;      ///< the lines of the patch, also where functions are named
  std::optional<unsigned> context;
  std::vector<std::string> functions;  ///< instead of those of [mutate]
  std::size_t most = 0;                ///< mutants; 0: all
  unsigned trials = 3;  ///< of the unchanged kernels, and of a mutant before it counts as a survivor
  std::optional<Nanoseconds> time;  ///< no mutant is begun after that
  std::optional<unsigned> jobs;     ///< mutants at once; nothing: what the host has room for
  std::string accel;                ///< as Settings::accel
};

}  // namespace assay::mutate
