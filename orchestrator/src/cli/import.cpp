// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/import.hpp"
#include "base/text.hpp"
#include "cli/messages.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"

#include <algorithm>

namespace assay::cli {
namespace {

using Fate = store::MergedRun::Fate;

struct ImportOptions {
  fs::path from;
  bool dry_run = false;
};

std::string_view fate_text(Fate fate, bool dry) {
  switch (fate) {
    case Fate::added:
      return dry ? "would be added" : "added";
    case Fate::replaced:
      return dry ? "would be replaced: it has more trials there" : "replaced: it had more trials there";
    case Fate::known:
      return "is here already";
    case Fate::running:
      break;
  }
  return "left alone: it is still running";
}

void print_fates(const std::vector<store::MergedRun>& runs, bool dry) {
  for (const auto& run : runs) {
    print(fmt::format("{}, {} trial{}: {}\n", printable(run.id), run.trials, plural(run.trials),
                      fate_text(run.fate, dry)));
  }
  const auto count = [&](Fate fate) { return std::ranges::count(runs, fate, &store::MergedRun::fate); };
  print(fmt::format("{} run{}: {} added, {} replaced, {} here already, {} still running{}\n", runs.size(),
                    plural(runs.size()), count(Fate::added), count(Fate::replaced), count(Fate::known),
                    count(Fate::running), dry ? "; nothing was changed" : ""));
}

Task<Result<ExitCode>> import_verb(Globals& globals, ImportOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  const auto runs = run::import_runs(*places, options.from, options.dry_run, tell);
  if (!runs) {
    co_return runs.error();
  }
  print_fates(*runs, options.dry_run);
  co_return ExitCode::all_hold;
}

}  // namespace

void add_import(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ImportOptions>();
  auto* verb =
      app.add_subcommand("import", "add the runs of another results folder; those that are here stay");
  takes(verb->add_option("from", options->from, "a folder of results, or its assay.sqlite; it is only read"),
        named("FOLDER"))
      ->required();
  verb->add_flag("--dry-run", options->dry_run, "only say what would be added");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return import_verb(globals, *options); };
  });
}

}  // namespace assay::cli
