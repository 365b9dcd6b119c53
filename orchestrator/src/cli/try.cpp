// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/messages.hpp"
#include "cli/run_options.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "run/try_tree.hpp"

#include <memory>
#include <utility>

namespace assay::cli {
namespace {

struct TryOptions : run::TreeWish {
  std::shared_ptr<RunOptions> run = std::make_shared<RunOptions>();
};

Task<Result<ExitCode>> try_verb(Globals& globals, TryOptions options) {
  globals.bisecting = !options.rev.empty();
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
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
      named("EXPERIMENT"))
      ->required();
  add_run_options(*verb, options->run, {"kernels"});
  verb->footer(
      "Examples:\n"
      "  assay try --series v3.mbox -e mine.toml\n"
      "  assay try --base v6.12 --head my-branch -e mine.toml\n"
      "  git bisect run assay try --rev HEAD -e shared-fault-vma-lock\n"
      "With --rev:\n"
      "  125 makes git bisect skip a revision that does not build or boot, or about\n"
      "  which nothing was decided; 128 ends the search.\n" +
      exit_codes_of_runs());
  verb->callback(
      [&globals, &chosen, options] { chosen = [&globals, options] { return try_verb(globals, *options); }; });
}

}  // namespace assay::cli
