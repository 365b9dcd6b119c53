// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/opened.hpp"
#include "cli/values.hpp"
#include "report/formats/formats.hpp"
#include "report/text/text.hpp"

#include <cstdio>
#include <utility>

namespace assay::cli {
namespace {

struct ShowOptions {
  std::string run = "last";
  bool json = false;
  bool ktap = false;
  bool coverage = false;
};

Task<Result<ExitCode>> runs_verb(Globals& globals) {
  const auto opened = read_results(globals);
  if (!opened) {
    co_return opened.error();
  }
  auto runs = opened->results->runs();
  if (!runs) {
    co_return runs.error();
  }
  print(report::run_list(*runs, globals.colour));
  co_return ExitCode::all_hold;
}

Task<Result<ExitCode>> show_verb(Globals& globals, ShowOptions options) {
  const auto opened = read_kept_run(globals, options.run);
  if (!opened) {
    co_return opened.error();
  }
  const auto& view = opened->view;
  print(options.json       ? report::run_json(view)
        : options.ktap     ? report::run_ktap(view)
        : options.coverage ? report::coverage_page(view, globals.colour)
                           : report::run_page(view, globals.colour));
  if (!options.json && !options.ktap && !options.coverage) {
    print("\nfiles: " + shown(opened->places.runs() / view.run.id) + "\n");
  }
  co_return ExitCode::all_hold;
}

}  // namespace

void add_runs(CLI::App& app, Globals& globals, Action& chosen) {
  auto* verb = app.add_subcommand("runs", "list the runs in the results database, newest first");
  verb->callback([&globals, &chosen] { chosen = [&globals] { return runs_verb(globals); }; });
}

void add_show(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ShowOptions>();
  auto* verb =
      app.add_subcommand("show", "print a run: verdicts, kernels, host, what did not pass, findings");
  takes(verb->add_option("run", options->run,
                         "id of the run, or a part of it that no other has (default: the last)"),
        named("RUN"));
  auto* json = verb->add_flag("--json", options->json, "as JSON");
  auto* ktap = verb->add_flag("--ktap", options->ktap, "as KTAP")->excludes(json);
  verb->add_flag("--coverage", options->coverage,
                 "the lines that the series of its kernels add or remove, and which of them ran")
      ->excludes(json)
      ->excludes(ktap);
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return show_verb(globals, *options); };
  });
}

}  // namespace assay::cli
