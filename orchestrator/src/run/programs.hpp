// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "image/initramfs.hpp"
#include "run/places.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::run {

/// The program of a workload for one architecture, with all that it needs in a guest.
struct PackedProgram {
  std::vector<image::HostFile> files;
  std::string digest;  ///< SHA-256 of these
};

/// By workload and architecture, as program_key() has them.
using Programs = std::map<std::string, PackedProgram>;
[[nodiscard]] std::string program_key(const std::string& workload, Arch arch);
using Digests = std::map<std::string, std::string>;
[[nodiscard]] Digests digests_of(const Programs& programs);

/// Finds the programs of an experiment and what they need, and compiles those that are sources. Relative
/// paths count from `folder`. The experiment learns where its guests have them. Errors: usage, at the line
/// and column of what is wrong; infrastructure.
Task<Result<Programs>> find_programs(const Places& places, experiment::Experiment& experiment,
                                     std::filesystem::path folder);

/// What guests of a variant get of them.
[[nodiscard]] std::vector<image::HostFile> programs_for(const experiment::Experiment& experiment,
                                                        const Programs& programs, std::string_view variant,
                                                        Arch arch);

/// For people: what is tried, and how much comes along; a line each.
[[nodiscard]] std::string programs_text(const experiment::Experiment& experiment, const Programs& programs);

}  // namespace assay::run
