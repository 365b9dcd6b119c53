// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/import_files.hpp"
#include "cli/messages.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "store/merge.hpp"

#include <algorithm>
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

/// The runs whose files come along: consoles, machines.
std::vector<std::string> wanted_runs(const std::vector<store::MergedRun>& runs) {
  std::vector<std::string> ids;
  for (const auto& run : runs) {
    if (run.fate == Fate::added || run.fate == Fate::replaced) {
      ids.push_back(run.id);
    }
  }
  return ids;
}

/// Before anything is written: what cannot be copied, or not all of it, is not begun with.
Status check_files(const fs::path& from, const fs::path& to, const std::vector<std::string>& runs) {
  Bytes total(0);
  for (const auto& run : runs) {
    const auto size = size_of_files(from, run);
    if (!size) {
      return size.error().within("import run " + run);
    }
    total = total + *size;
  }
  const auto space = free_space(to);
  if (space && total > *space) {
    return fail(Failure::infrastructure, "cannot import {}: files of its runs take {}, and {} has {} free",
                from.string(), human(total), to.string(), human(*space));
  }
  return {};
}

Result<std::vector<store::MergedRun>> import_all(const Places& places, const fs::path& database,
                                                 const ImportOptions& options) {
  const auto folder = database.parent_path();
  auto runs = store::compare_results(places.database(), database);
  if (!runs) {
    return runs.error();
  }
  if (auto sound = check_files(folder, places.results, wanted_runs(*runs)); !sound) {
    return sound.error();
  }
  if (options.dry_run) {
    return runs;
  }
  if (auto made = run::make_results(places, tell); !made) {
    return made.error();
  }
  runs = store::merge_results(places.database(), database);
  for (const auto& run : runs ? wanted_runs(*runs) : std::vector<std::string>()) {
    if (auto copied = copy_files(folder, places.results, run); !copied) {
      return copied.error();
    }
  }
  return runs;
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
  std::error_code error;
  const bool is_folder = fs::is_directory(options.from, error);
  const auto database = is_folder ? options.from / "assay.sqlite" : options.from;
  if (fs::equivalent(database, places->database(), error)) {
    co_return fail(Failure::usage, "cannot import {}: these are the results themselves",
                   options.from.string());
  }
  const auto runs = import_all(*places, fs::absolute(database), options);
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
