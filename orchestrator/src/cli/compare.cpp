// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "cli/opened.hpp"
#include "cli/values.hpp"
#include "report/text/comparison.hpp"
#include "report/wording.hpp"

#include <algorithm>
#include <utility>

namespace assay::cli {
namespace {

struct CompareOptions {
  std::string base;
  std::string head;
  bool all = false;
  bool json = false;
};

/// "RUN", "RUN:VARIANT", "2026-11-21" or "20261121" for all runs that began on that day (UTC).
struct Wanted {
  std::string runs;
  std::string variant;
};

Wanted wanted_of(const std::string& argument) {
  const auto colon = argument.find(':');
  Wanted wanted{argument.substr(0, colon), colon == std::string::npos ? "" : argument.substr(colon + 1)};
  constexpr std::size_t iso_date = 10;
  if (wanted.runs.size() == iso_date && wanted.runs[4] == '-' && wanted.runs[7] == '-') {
    std::erase(wanted.runs, '-');
  }
  return wanted;
}

bool is_day(const std::string& text) {
  constexpr std::size_t digits = 8;
  return text.size() == digits && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The runs that an argument means, the oldest first.
Result<std::vector<store::RunInfo>> find_runs(store::Store& results, const std::string& name) {
  if (!is_day(name)) {
    auto run = results.find_run(name);
    if (!run) {
      return run.error();
    }
    return std::vector{std::move(*run)};
  }
  auto runs = results.runs();
  if (!runs) {
    return runs.error();
  }
  std::erase_if(*runs, [&](const store::RunInfo& run) { return !run.id.starts_with(name + "-"); });
  if (runs->empty()) {
    return fail(Failure::usage, "no run began on {}; assay runs lists what there is", name);
  }
  std::reverse(runs->begin(), runs->end());
  return runs;
}

/// Adds a run to the side of its experiment.
Status add_run_to(std::vector<report::ComparedRuns>& sides, store::Store& results, store::RunInfo run,
                  const std::string& variant) {
  auto view = store::read_run(results, std::move(run));
  if (!view) {
    return view.error();
  }
  std::vector<std::string> known;
  for (const auto& kernel : view->run.kernels) {
    known.push_back(kernel.variant.substr(0, kernel.variant.find('/')));
  }
  if (!variant.empty() && known.empty()) {
    return fail(Failure::usage, "run {} has no variant \"{}\": it has no kernels", view->run.id, variant);
  }
  if (!variant.empty() && std::find(known.begin(), known.end(), variant) == known.end()) {
    return fail(Failure::usage, "run {} has no variant \"{}\"{}; there is {}", view->run.id, variant,
                did_you_mean(variant, known), report::few(known));
  }
  auto side = std::find_if(sides.begin(), sides.end(),
                           [&](const auto& one) { return one.experiment == view->run.experiment; });
  if (side == sides.end()) {
    side = sides.insert(sides.end(), report::ComparedRuns{view->run.experiment, variant, {}});
  }
  side->runs.push_back(std::move(*view));
  return {};
}

/// What an argument means, by experiment.
Result<std::vector<report::ComparedRuns>> sides_of(store::Store& results, const std::string& argument) {
  const auto wanted = wanted_of(argument);
  auto runs = find_runs(results, wanted.runs);
  if (!runs) {
    return runs.error();
  }
  std::vector<report::ComparedRuns> sides;
  for (auto& run : *runs) {
    if (auto added = add_run_to(sides, results, std::move(run), wanted.variant); !added) {
      return added.error();
    }
  }
  return sides;
}

std::vector<std::string> experiments_of(const std::vector<report::ComparedRuns>& sides) {
  std::vector<std::string> names;
  for (const auto& side : sides) {
    names.push_back(side.experiment);
  }
  return names;
}

Result<std::vector<report::RunComparison>> comparisons_of(store::Store& results,
                                                          const CompareOptions& options) {
  auto bases = sides_of(results, options.base);
  if (!bases) {
    return bases.error();
  }
  auto heads = sides_of(results, options.head);
  if (!heads) {
    return heads.error();
  }
  std::vector<report::RunComparison> comparisons;
  for (auto& head : *heads) {
    const auto base = std::find_if(bases->begin(), bases->end(),
                                   [&](const auto& one) { return one.experiment == head.experiment; });
    if (base != bases->end()) {
      comparisons.push_back(report::compare_runs(*base, std::move(head)));
    }
  }
  if (comparisons.empty()) {
    return fail(Failure::usage, "cannot compare {} with {}: they are of different experiments, {} and {}",
                options.base, options.head, report::few(experiments_of(*bases)),
                report::few(experiments_of(*heads)));
  }
  return comparisons;
}

Task<Result<ExitCode>> compare_verb(Globals& globals, CompareOptions options) {
  const auto opened = read_results(globals);
  if (!opened) {
    co_return opened.error();
  }
  const auto comparisons = comparisons_of(*opened->results, options);
  if (!comparisons) {
    co_return comparisons.error();
  }
  if (options.json) {
    print(report::comparison_json(*comparisons));
    co_return ExitCode::all_hold;
  }
  std::string_view gap;
  for (const auto& comparison : *comparisons) {
    print(gap);
    print(report::comparison_page(comparison, options.all, globals.colour));
    gap = "\n\n";
  }
  co_return ExitCode::all_hold;
}

}  // namespace

void add_compare(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<CompareOptions>();
  auto* verb = app.add_subcommand("compare", "compare two runs, or two nights, metric by metric");
  takes(
      verb->add_option("base", options->base,
                       "a run, RUN:VARIANT for one of its variants, or a day (2026-11-21) for all its runs"),
      named("RUN"))
      ->required();
  takes(verb->add_option("head", options->head, "what to compare with it, named in the same way"),
        named("RUN"))
      ->required();
  verb->add_flag("-a,--all", options->all, "also the metrics that do not differ");
  verb->add_flag("--json", options->json, "as JSON");
  verb->footer(
      "Examples:\n"
      "  assay compare 2026-11-20 2026-11-21\n"
      "  assay compare last:before last:after\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return compare_verb(globals, *options); };
  });
}

}  // namespace assay::cli
