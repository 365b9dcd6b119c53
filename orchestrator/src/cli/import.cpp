// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "store/merge.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

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

/// What the guests left: consoles, machines. A file that is here stays where it is the same run.
Status copy_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::exists(from, error)) {
    return {};
  }
  if (auto made = make_directories(to); !made) {
    return made;
  }
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing, error);
  return error ? fail(Failure::infrastructure, "cannot copy {} to {}: {}", from.string(), to.string(),
                      error.message())
               : Status();
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
  auto places = find_places(globals.results);
  if (!places) {
    co_return places.error();
  }
  std::error_code error;
  const bool is_folder = fs::is_directory(options.from, error);
  const auto database = is_folder ? options.from / "assay.sqlite" : options.from;
  if (fs::equivalent(database, places->database(), error)) {
    co_return fail(Failure::usage, "cannot import {}: these are the results themselves",
                   options.from.string());
  }
  if (auto made = make_directories(places->results); !made) {
    co_return made.error();
  }
  const auto runs = store::merge_results(places->database(), database, options.dry_run);
  if (!runs) {
    co_return runs.error();
  }
  for (const auto& run : *runs) {
    const bool wanted = run.fate == Fate::added || run.fate == Fate::replaced;
    if (options.dry_run || !wanted || !names_folder(run.id)) {
      continue;
    }
    if (auto copied = copy_folder(database.parent_path() / "runs" / run.id, places->runs() / run.id);
        !copied) {
      co_return copied.error();
    }
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
