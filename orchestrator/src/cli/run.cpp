// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/run.hpp"
#include "base/log.hpp"
#include "cli/display.hpp"
#include "cli/dry_run.hpp"
#include "cli/messages.hpp"
#include "cli/run_end.hpp"
#include "cli/run_options.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "run/apply.hpp"

#include <optional>
#include <utility>

namespace assay::cli {
namespace {

ExitCode nothing_ran(Display& display, const std::string& why) {
  display.clear();
  tell(why);
  return ExitCode::nothing_ran;
}

}  // namespace

Task<Result<ExitCode>> run_verb(Globals& globals, RunOptions options) {
  if (options.experiment.empty() && !options.resume) {
    co_return fail(Failure::usage,
                   "which experiment? Name a folder or file; assay list experiments shows what is here");
  }
  for (auto& wish : options.settings.kernels) {
    wish = run::with_absolute_path(wish);  // a resumed run may be in another folder
  }
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  Display display(globals);
  const auto heard =
      options.verbose && !options.dry_run
          ? std::optional(LogListener::to([&](std::string_view line) { display.on_note(line); }))
          : std::nullopt;
  auto session = globals.session(std::move(*places), display);
  auto inputs = co_await run::read_inputs(session, options);
  if (!inputs) {
    co_return inputs.error();
  }
  auto known = co_await run::find_run_kernels(session, *inputs);
  if (!known) {
    co_return known.error();
  }
  if (!known->nothing_to_judge.empty()) {
    co_return nothing_ran(display, known->nothing_to_judge);
  }
  if (options.dry_run) {
    co_return co_await dry_run(session, *inputs, *known, options.verbose);
  }
  const auto outcome = co_await run::carry_out(session, std::move(*inputs), std::move(*known));
  if (!outcome) {
    co_return outcome.error();
  }
  co_return outcome->judged ? report_run(globals, options, session.places, *outcome->judged)
                            : nothing_ran(display, outcome->nothing_to_judge);
}

void add_run(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<RunOptions>();
  auto* verb =
      app.add_subcommand("run", "build the kernels of an experiment, run its trials, print the verdicts");
  takes(verb->add_option(
            "experiment", options->experiment,
            "folder or experiment.toml, or a name below experiments/; with --resume a run (default: "
            "the last)"),
        named("EXPERIMENT"));
  auto* resume =
      verb->add_flag("--resume", options->resume, "go on with a run that was interrupted or killed");
  add_run_options(*verb, options);
  verb->footer(
      "Examples:\n"
      "  assay run shared-fault-vma-lock\n"
      "  assay run --trials 5 --workload shared-write experiments/shared-fault-vma-lock\n"
      "  assay run shared-fault-vma-lock --kernel after=linux-6.12+lockdep --dry-run\n"
      "  assay run --resume\n" +
      exit_codes_of_runs());
  for (const auto& setting : experiment::run_settings()) {
    if (setting.on_resume == experiment::OnResume::fixed) {
      verb->get_option(std::string(setting.long_option()))->excludes(resume);
    }
  }
  verb->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return run_verb(globals, *options); }; });
}

}  // namespace assay::cli
