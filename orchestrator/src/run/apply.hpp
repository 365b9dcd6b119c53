// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "cli/verb.hpp"
#include "experiment/experiment.hpp"
#include "experiment/selection.hpp"
#include "report/report.hpp"
#include "run/progress.hpp"
#include "verdict/spending.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::cli {

/// What `assay run` takes on its command line.
struct RunOptions {
  std::string experiment;
  std::optional<unsigned> trials;
  std::optional<std::uint64_t> seed;
  std::vector<std::string> kernels;  ///< "NAME=VARIANT": this kernel instead of the file's for variant NAME
  std::vector<std::string> probes;   ///< added to the file's, as probe::parse_probe() reads them
  std::string accel;                 ///< "", "auto", "kvm", "tcg"
  experiment::Selection only;        ///< of the matrix
  std::optional<unsigned> repeat;    ///< of all trials of a cell just this one, counted from 1
  bool thorough = false;             ///< also what takes long, with more trials
  unsigned jobs = 0;                 ///< guests at once; 0: what the host has room for
  bool until_decided =
      false;  ///< look at the claims after each `trials` repeats and go on until they are decided
  std::optional<unsigned> max_trials;  ///< where until_decided ends in any case
  bool resume = false;
  bool dry_run = false;
  bool verbose = false;  ///< of a dry run: domain XML and command lines
  bool json = false;
  bool ktap = false;
};

/// `assay run` with these options.
Task<Result<ExitCode>> run_experiment(Globals& globals, RunOptions options);

/// The same without a word on stdout or stderr: for Python. Errors: usage, build, boot, interrupted,
/// infrastructure; what was done until then is kept.
Task<Result<report::RunView>> judge_experiment(Globals& globals, RunOptions options, Progress& progress);

/// The options of `assay run` that other verbs which run experiments take as well.
void add_run_options(CLI::App& verb, const std::shared_ptr<RunOptions>& options);

/// "NAME=VARIANT" with a VARIANT that is a path made absolute.
[[nodiscard]] std::string with_absolute_path(const std::string& wish);

/// Makes the kernels of the experiment's file that are paths absolute, and adds them to the options: they
/// count from the file or, where nothing lies there, from here. A run that is resumed from another folder
/// finds them so.
void anchor_kernels(RunOptions& options, experiment::Experiment& experiment);

/// Claims of an experiment that a run leaves out, by id.
struct LeftOut {
  std::vector<std::string> thorough;  ///< only --thorough decides them
  std::vector<std::string> partial;   ///< they need more than what was selected
};

/// Changes the experiment as the command line says. Error: usage.
[[nodiscard]] Result<LeftOut> apply(const RunOptions& options, experiment::Experiment& experiment);

/// When the claims are looked at, for an experiment that the options were applied to.
[[nodiscard]] verdict::Schedule schedule_of(const RunOptions& options,
                                            const experiment::Experiment& experiment);

/// What to know about this run before it begins: claims that it cannot decide, and why.
[[nodiscard]] std::vector<std::string> notes_on(const RunOptions& options, const LeftOut& left_out,
                                                const experiment::Experiment& experiment,
                                                const verdict::Schedule& schedule);

/// The options that change what is measured, as JSON: kept with the run, so that --resume measures the same.
[[nodiscard]] std::string to_settings(const RunOptions& options);
[[nodiscard]] Result<RunOptions> from_settings(const std::string& settings, RunOptions now);

}  // namespace assay::cli
