// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "experiment/settings.hpp"
#include "verdict/spending.hpp"

#include <string>
#include <vector>

namespace assay::run {

/// "NAME=VARIANT" with a VARIANT that is a path made absolute.
[[nodiscard]] std::string with_absolute_path(const std::string& wish);

/// Makes the kernels of the experiment's file that are paths absolute, and adds them to the settings: they
/// count from the file or, where nothing lies there, from here. A run that is resumed from another folder
/// finds them so.
void anchor_kernels(experiment::Settings& settings, experiment::Experiment& experiment);

/// Claims of an experiment that a run leaves out, by id.
struct LeftOut {
  std::vector<std::string> thorough;  ///< only --thorough decides them
  std::vector<std::string> partial;   ///< they need more than what was selected
};

/// Changes the experiment as the settings say. Error: usage.
[[nodiscard]] Result<LeftOut> apply(const experiment::Settings& settings, experiment::Experiment& experiment);

/// When the claims are looked at, for an experiment that the settings were applied to.
[[nodiscard]] verdict::Schedule schedule_of(const experiment::Settings& settings,
                                            const experiment::Experiment& experiment);

/// What to know about this run before it begins: claims that it cannot decide, and why.
[[nodiscard]] std::vector<std::string> notes_on(const experiment::Settings& settings, const LeftOut& left_out,
                                                const experiment::Experiment& experiment,
                                                const verdict::Schedule& schedule);

}  // namespace assay::run
