// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/messages.hpp"
#include "cli/run_options.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "run/try_program.hpp"
#include "run/try_tree.hpp"

#include <memory>
#include <utility>

namespace assay::cli {
namespace {

struct TryOptions : run::TreeWish {
  run::ProgramWish program;
  std::shared_ptr<RunOptions> run = std::make_shared<RunOptions>();
};

/// The experiment that a program makes; it goes on until its one claim is decided.
Status become_experiment(const run::Places& places, TryOptions& options) {
  if (options.program.program.empty() == options.experiment.empty()) {
    return fail(Failure::usage,
                "what shall be run on the kernels? Give --experiment EXPERIMENT, or --program FILE");
  }
  if (options.program.program.empty()) {
    const bool expects = options.program.expect != run::expectations().front();
    if (expects || !options.program.arguments.empty() || !options.program.files.empty()) {
      return fail(Failure::usage, "arguments, --file and --expect are for a --program, and there is none");
    }
    return {};
  }
  if (!options.rev.empty()) {
    return fail(
        Failure::usage,
        "--program is run on two kernels: give --series FILE, or --base REV and --head REV, not --rev");
  }
  auto written = run::write_program_experiment(places, options.program);
  if (!written) {
    return written.error();
  }
  options.experiment = *written;
  auto& settings = options.run->settings;
  settings.until_decided = settings.until_decided || !settings.trials;
  return {};
}

Task<Result<ExitCode>> try_verb(Globals& globals, TryOptions options) {
  globals.bisecting = !options.rev.empty();
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  if (auto made = become_experiment(*places, options); !made) {
    co_return made.error();
  }
  auto run = *options.run;
  run.experiment = options.experiment;
  auto tried = co_await run::write_tried_kernels(std::move(*places), std::move(options));
  if (!tried) {
    co_return tried.error();
  }
  if (globals.bisecting && !globals.quiet) {
    tell(fmt::format("note: {} stays the experiment's own kernel, {}", tried->first.name,
                     tried->first.kernel));
  }
  run.settings.kernels = std::move(tried->kernels);
  co_return co_await run_verb(globals, std::move(run));
}

}  // namespace

void add_try(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<TryOptions>();
  auto* verb = app.add_subcommand(
      "try", "run an experiment on a kernel tree of yours, with and without a series or at two revisions");
  takes(verb->add_option("--tree", options->tree, "the kernel tree (default: this folder)"), named("FOLDER"));
  takes(verb->add_option(
            "-s,--series", options->series,
            "patches, a folder of them or an mbox: tried on the tree, or on --base; may be repeated"),
        named("SERIES"));
  takes(verb->add_option(
            "--series-version", options->series_version,
            "which revision of several in the mbox: 2, or 2.1, which is laid over 2 (default: the newest)"),
        named("VERSION"));
  takes(verb->add_option("--base", options->base, "revision without the change"), named("REV"));
  takes(verb->add_option("--head", options->head, "revision with the change"), named("REV"));
  takes(verb->add_option("--rev", options->rev,
                         "only this revision, as the side with the change, against the experiment's own "
                         "kernel, which is booted as well; for git bisect run"),
        named("REV"));
  auto* like =
      takes(verb->add_option("--like", options->like, "configured as this variant is (default: linux-6.12)"),
            named("KERNEL"));
  auto* config =
      takes(verb->add_option("--config", options->config,
                             "configured by this .config, or the one in this build folder (O=), with what "
                             "a guest needs laid over it; without a value, the one in $KBUILD_OUTPUT or in "
                             "the tree"),
            named("CONFIG"));
  config->expected(0, 1)->excludes(like);
  takes(
      verb->add_option("-e,--experiment", options->experiment, "folder, file, or a name below experiments/"),
      named("EXPERIMENT"));
  takes(verb->add_option(
            "--program", options->program.program,
            "instead of an experiment: a program, script or C source, which fails by its exit code "
            "or its tests; what it needs comes with it"),
        named("PROGRAM"));
  takes(verb->add_option("--file", options->program.files,
                         "goes with the program: FILE lies beside it, FILE:/path elsewhere; may be repeated"),
        named("FILE"));
  options->program.expect = run::expectations().front();
  takes(verb->add_option("--expect", options->program.expect,
                         "of the program: what comes of it without the change, and with it"),
        one_of(run::expectations()))
      ->capture_default_str();
  takes(verb->add_option("arguments", options->program.arguments, "behind --: the program's arguments"),
        anything("ARGUMENT"));
  add_run_options(*verb, options->run, {"kernels"});
  verb->footer(
      "Examples:\n"
      "  assay try --series v3.mbox -e mine.toml\n"
      "  assay try --base v6.12 --head my-branch -e mine.toml\n"
      "  assay try --series v3.mbox --program repro.c -- -n 100\n"
      "  git bisect run assay try --rev HEAD -e shared-fault-vma-lock\n"
      "With --rev:\n"
      "  125 makes git bisect skip a revision that does not build or boot, or about\n"
      "  which nothing was decided; 128 ends the search.\n" +
      exit_codes_of_runs());
  verb->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return try_verb(globals, *options); }; });
}

}  // namespace assay::cli
