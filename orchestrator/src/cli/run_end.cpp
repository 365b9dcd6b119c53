// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_end.hpp"

#include "base/text.hpp"
#include "report/formats/formats.hpp"
#include "report/text/text.hpp"

#include <algorithm>
#include <cstdio>

namespace assay::cli {
namespace {

ExitCode code_of(const std::vector<verdict::ClaimVerdict>& verdicts) {
  const auto count = [&](verdict::Verdict which) {
    return std::count_if(verdicts.begin(), verdicts.end(), [&](const auto& v) { return v.verdict == which; });
  };
  const auto size = static_cast<std::ptrdiff_t>(verdicts.size());
  if (count(verdict::Verdict::refuted) > 0) {
    return ExitCode::refuted;
  }
  if (count(verdict::Verdict::not_run) == size) {
    return ExitCode::nothing_ran;
  }
  return count(verdict::Verdict::holds) == size ? ExitCode::all_hold : ExitCode::inconclusive;
}

/// Of a part of the matrix that decides no claim.
ExitCode code_of(const std::vector<trial::TrialRecord>& trials) {
  const auto any = [&](auto... outcomes) {
    return std::any_of(trials.begin(), trials.end(),
                       [&](const auto& trial) { return ((trial.outcome == outcomes) || ...); });
  };
  if (any(trial::Outcome::fail, trial::Outcome::finding)) {
    return ExitCode::refuted;
  }
  return any(trial::Outcome::pass) ? ExitCode::all_hold : ExitCode::nothing_ran;
}

}  // namespace

Result<ExitCode> report_run(const Globals& globals, const RunOptions& options, const Places& places,
                            const run::Judged& judged) {
  const auto& view = judged.view;
  print(options.json   ? report::run_json(view)
        : options.ktap ? report::run_ktap(view)
                       : report::verdict_table(view, globals.colour));
  if (auto well = run::how_it_ended(judged); !well) {
    return well.error();
  }
  if (!options.json && !options.ktap && !globals.quiet) {
    std::fflush(stdout);  // in a log the verdicts come first, too
    std::fprintf(stderr, "results: %s; assay show %s%s\n", shown(places.runs() / view.run.id).c_str(),
                 view.run.id.c_str(), places.results_words.c_str());
  }
  return view.verdicts.empty() ? code_of(view.trials) : code_of(view.verdicts);
}

}  // namespace assay::cli
