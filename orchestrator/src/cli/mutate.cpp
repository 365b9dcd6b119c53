// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.hpp"
#include "base/output.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/messages.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "mutate/campaign.hpp"
#include "mutate/score_json.hpp"
#include "report/mutants/mutants.hpp"
#include "run/build_places.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace assay::cli {
namespace {

constexpr const char* page_name = "mutants.html";

struct MutateOptions {
  mutate::MutateWish wish;
  double hours = 0;
  unsigned most_mutants = 0;
  bool list = false;
  bool json = false;
  bool verbose = false;
};

ExitCode code_of(const mutate::Score& score) {
  const auto tried = score.count(mutate::Fate::killed) + score.count(mutate::Fate::survived);
  if (score.count(mutate::Fate::survived) > 0) {
    return ExitCode::refuted;
  }
  if (score.count(mutate::Fate::waiting) > 0) {
    return ExitCode::inconclusive;
  }
  return tried == 0 ? ExitCode::nothing_ran : ExitCode::all_hold;
}

Status write_page(const fs::path& folder, const mutate::Score& score) {
  return write_file(folder / page_name, report::mutants_html(score, fmt::format("Assay {}", run::version)));
}

/// The mutants alone, as a patch series would be read.
std::string diffs_of(const mutate::Score& score) {
  std::string text;
  for (const auto& one : score.mutants) {
    text += fmt::format("{} {}:{} {} {}\n{}\n", one.mutant.id, one.mutant.file, one.mutant.line,
                        one.mutant.function, mutate::name_of(one.mutant.op), one.diff);
  }
  return text;
}

Task<Result<ExitCode>> mutate_verb(Globals& globals, MutateOptions options) {
  options.wish.most = options.most_mutants;
  if (options.hours > 0) {
    options.wish.time = std::chrono::duration_cast<Nanoseconds>(
        std::chrono::duration<double, std::ratio<3600>>(options.hours));
  }
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  Display display(globals);
  const auto heard =
      options.verbose ? std::optional(LogListener::to([&](std::string_view line) { display.on_note(line); }))
                      : std::nullopt;
  auto session = globals.session(std::move(*places), display);
  if (options.list) {
    const auto listed = co_await mutate::list_mutants(session, options.wish);
    if (!listed) {
      co_return listed.error();
    }
    display.clear();
    print(options.json ? mutate::score_json(*listed) : diffs_of(*listed));
    co_return ExitCode::all_hold;
  }
  const auto score = co_await mutate::mutate(session, options.wish);
  if (!score) {
    co_return score.error();
  }
  display.clear();
  const auto folder = mutate::folder_of(session.places, *score);
  if (auto written = write_page(folder, *score); !written) {
    co_return written.error();
  }
  print(options.json ? mutate::score_json(*score)
                     : report::mutants_text(*score, options.verbose, globals.colour));
  if (!options.json && !globals.quiet) {
    std::fflush(stdout);
    std::fprintf(stderr, "page: %s\n", shown(folder / page_name).c_str());
  }
  if (globals.interrupt.requested()) {
    co_return fail(Failure::interrupted, "interrupted; the same command goes on");
  }
  co_return code_of(*score);
}

}  // namespace

void add_mutate(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<MutateOptions>();
  auto* verb = app.add_subcommand(
      "mutate", "break a patch in many small ways, and see which of them an experiment's claims notice");
  takes(verb->add_option("experiment", options->wish.experiment,
                         "folder or experiment.toml, or a name below experiments/"),
        named("EXPERIMENT"))
      ->required();
  takes(verb->add_option(
            "--variant", options->wish.variant,
            "whose source is mutated (default: as [mutate] in the experiment says, or the last of two)"),
        named("VARIANT"));
  takes(verb->add_option(
            "--base", options->wish.base,
            "the variant without the patch: lines that differ from it are mutated (default: as [mutate] "
            "says, or the first of two)"),
        named("VARIANT"));
  verb->add_flag("--patch", options->wish.patch,
                 "only the lines of the patch, not the functions that [mutate] names");
  takes(verb->add_option("--context", options->wish.context,
                         "and so many lines around each of them, within its function"),
        whole_number(0, 10'000));
  takes(
      verb->add_option("--function", options->wish.functions,
                       "and this function whole, as NAME or FILE:NAME; instead of those that [mutate] names"),
      named("FUNCTION"));
  takes(verb->add_option("--most", options->most_mutants, "so many mutants at most (default: all)"),
        whole_number(1, most_of_anything));
  takes(verb->add_option("--trials", options->wish.trials,
                         "of the unchanged kernels, and of a mutant before it counts as a survivor"),
        whole_number(1, most_of_anything))
      ->capture_default_str();
  takes(verb->add_option("--hours", options->hours, "begin no mutant after so many: 8, 0.5"), hours());
  takes(verb->add_option("-j,--jobs", options->wish.jobs,
                         "mutants at once (default: what the host has room for)"),
        whole_number(1, 1'000));
  takes(verb->add_option("--accel", options->wish.accel, "run every guest so"),
        one_of({"auto", "kvm", "tcg"}));
  verb->add_flag("-l,--list", options->list,
                 "print the mutants as diffs; build and boot nothing but what clang needs");
  verb->add_flag("--json", options->json, "as JSON");
  verb->add_flag("-v,--verbose", options->verbose, "all mutants in the table, and the log on stderr");
  verb->footer(
      "Examples:\n"
      "  assay mutate unmap-failure-swap --hours 1\n"
      "  assay mutate mine.toml --variant after --base before --context 10\n"
      "  assay mutate seal-pinned-pages --list\n"
      "What was found is kept below the results; the same command goes on.\n"
      "Exit codes:\n"
      "  0    every mutant that was tried was noticed\n"
      "  1    some survived\n"
      "  3    none survived so far, and some wait\n"
      "  4    no mutant was tried\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return mutate_verb(globals, *options); };
  });
}

}  // namespace assay::cli
