// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "run/places.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::run {

/// A program that is tried on two kernels without an experiment file.
struct ProgramWish {
  std::string program;  ///< a file, a C source, or a program of this system by its name
  std::vector<std::string> arguments;
  std::vector<std::string> files;  ///< that go with it, as an experiment's
  std::string expect;              ///< one of expectations()
};

/// "fail:pass": it fails on the first kernel more often than on the second; "pass:pass": it fails on none;
/// "finding:none": the first kernel reports something more often than the second.
[[nodiscard]] const std::vector<std::string>& expectations();

/// The experiment of one workload and one claim that says so, written into the cache, where it stays: a run
/// can be resumed, and the file can be copied and gone on with. Its path. Errors: usage, infrastructure.
Result<std::filesystem::path> write_program_experiment(const Places& places, const ProgramWish& wish);

}  // namespace assay::run
