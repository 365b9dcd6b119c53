// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/prune.hpp"
#include "base/text.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"

#include <memory>
#include <utility>

namespace assay::cli {
namespace {

struct PruneOptions : run::PruneWish {
  bool yes = false;
};

Bytes print_pruned(const std::vector<run::PrunableRun>& all) {
  Bytes total(0);
  for (const auto& [run, size] : all) {
    print(fmt::format("  {:>10}  {}, {} of {} trials, {}\n", human(size), printable(run.id), run.done,
                      run.planned, printable(run.state)));
    total = total + size;
  }
  return total;
}

Task<Result<ExitCode>> prune_verb(Globals& globals, PruneOptions options) {
  auto opened = read_results(globals);
  if (!opened) {
    co_return opened.error();
  }
  const auto all = run::prunable_runs(opened->places, std::move(opened->results), options);
  if (!all) {
    co_return all.error();
  }
  if (all->empty()) {
    print("nothing to remove\n");
    co_return ExitCode::all_hold;
  }
  const auto total = print_pruned(*all);
  const auto what = fmt::format("{} run{}, {}", all->size(), plural(all->size()), human(total));
  if (!options.yes) {
    print(fmt::format("would remove {}; with --yes it does\n", what));
    co_return ExitCode::all_hold;
  }
  if (auto removed = run::remove_runs(opened->places, *all); !removed) {
    co_return removed.error();
  }
  print(fmt::format("removed {}\n", what));
  co_return ExitCode::all_hold;
}

}  // namespace

void add_prune(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<PruneOptions>();
  auto* verb = app.add_subcommand("prune", "remove old runs: says which, and does it with --yes");
  auto* runs =
      takes(verb->add_option("runs", options->runs, "these runs instead, by id or a part that no other has"),
            named("RUN"));
  takes(verb->add_option("--keep", options->keep, "the newest so many of each experiment stay (default: 10)"),
        whole_number(0, most_of_anything))
      ->excludes(runs);
  takes(verb->add_option("--older-than", options->older_than,
                         "only runs that began so many days ago; none is kept but those"),
        whole_number(0, most_of_anything))
      ->excludes(runs);
  verb->add_flag("--yes", options->yes, "do it");
  verb->footer(
      "Never:\n"
      "  a run that goes on. Kernels are another matter: assay kernel gc.\n"
      "Examples:\n"
      "  assay prune --keep 20\n"
      "  assay prune --older-than 30 --yes\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return prune_verb(globals, *options); };
  });
}

}  // namespace assay::cli
