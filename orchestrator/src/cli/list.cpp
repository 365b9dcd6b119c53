// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/estimate.hpp"
#include "cli/experiments_here.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/load.hpp"
#include "experiment/plan.hpp"
#include "experiment/selection.hpp"
#include "kernel/variant_load.hpp"
#include "report/layout.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace assay::cli {
namespace {

std::string range(const experiment::ParameterInfo& parameter) {
  if (!parameter.choices.empty()) {
    return listed(parameter.choices);
  }
  if (parameter.min && parameter.max) {
    return fmt::format("{} to {}{}{}", *parameter.min, *parameter.max, parameter.unit.empty() ? "" : " ",
                       parameter.unit);
  }
  return parameter.unit.empty() ? parameter.type : fmt::format("{}, {}", parameter.type, parameter.unit);
}

void print_workload(const experiment::WorkloadInfo& workload) {
  print(fmt::format("{}\n{}", workload.name, report::wrapped("  ", workload.summary)));
  for (const auto& parameter : workload.parameters) {
    const auto heading = fmt::format("    {} = {}  ", parameter.name, parameter.default_value);
    print(report::wrapped(heading, "(" + range(parameter) + ")"));
    print(report::wrapped("        ", parameter.help));
  }
  for (const auto& counter : workload.counters) {
    print(
        report::wrapped("    counts ", fmt::format("{} [{}]: {}", counter.name, counter.unit, counter.help)));
  }
  if (!workload.checks.empty()) {
    print(report::wrapped("    checks ", listed(workload.checks)));
  }
  print("\n");
}

/// Those of `known` that were asked for: all, or the one of this name. Error: usage.
Result<std::vector<std::string>> wanted_of(std::vector<std::string> known, std::string_view what,
                                           const std::string& name) {
  if (name.empty()) {
    return known;
  }
  if (std::ranges::find(known, name) == known.end()) {
    return fail(Failure::usage, "cannot find \"{}\" among the {}{}", printable(name), what,
                did_you_mean(name, known));
  }
  return std::vector{name};
}

Task<Result<ExitCode>> list_workloads(Places places, std::string name) {
  const auto catalogue = co_await experiment::ask_agent(places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  std::vector<std::string> known;
  std::ranges::transform(catalogue->workloads(), std::back_inserter(known), &experiment::WorkloadInfo::name);
  const auto wanted = wanted_of(std::move(known), "workloads", name);
  if (!wanted) {
    co_return wanted.error();
  }
  for (const auto& one : *wanted) {
    print_workload(*catalogue->workload(one));
  }
  co_return ExitCode::all_hold;
}

Result<ExitCode> list_variants(const Places& places, const std::string& wish) {
  const auto wanted = wanted_of(kernel::variant_names(places.images), "variants", wish);
  if (!wanted) {
    return wanted.error();
  }
  for (const auto& name : *wanted) {
    const auto arches = kernel::arches_of(places.images, name);
    const auto variant = kernel::load_variant(places.images, name, arches ? arches->front() : Arch::x86_64);
    if (!variant) {
      print(fmt::format("{}\n  {}\n", name, variant.error().text()));
      continue;
    }
    std::string known;
    for (const auto arch : *arches) {
      known += fmt::format("{}{}", known.empty() ? "" : ", ", name_of(arch));
    }
    print(fmt::format("{}  {}, {}{}, {} patch{}\n", name, known, variant->source.text(),
                      variant->base.empty() ? "" : ", extends " + variant->base, variant->patches.size(),
                      variant->patches.size() == 1 ? "" : "es"));
  }
  return ExitCode::all_hold;
}

/// "shared-fault-before, linux-6.12; 20 guests, 58 s the last time"
std::string effort_of(const experiment::Experiment& experiment, const std::vector<store::RunInfo>& runs) {
  std::vector<std::string> kernels;
  for (const auto& use : experiment.variants) {
    kernels.push_back(use.kernel);
  }
  const auto past = last_run_of(experiment.name, runs);
  const auto guests = experiment::plan(experiment, {}).size();
  return fmt::format("{}; {} guest{}, {}", fmt::join(kernels, ", "), guests, plural(guests),
                     past ? human(past->took) + " the last time" : about(time_for_guests(experiment, {})));
}

Task<Result<ExitCode>> list_experiments(Places places, std::string wish) {
  const auto catalogue = co_await experiment::ask_agent(places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  const auto wanted = wanted_of(experiments_here(places), "experiments", wish);
  if (!wanted) {
    co_return wanted.error();
  }
  const auto runs = past_runs(places);
  for (const auto& name : *wanted) {
    auto loaded = experiment::load_experiment(name, places.experiments, *catalogue);
    print(name + "\n");
    if (!loaded) {
      print(report::wrapped("    ", loaded.error().text()));
      continue;
    }
    experiment::leave_out_thorough(*loaded);  // as assay run NAME does
    print(report::wrapped("    ", loaded->title) + report::wrapped("    ", effort_of(*loaded, runs)));
  }
  co_return ExitCode::all_hold;
}

struct ListOptions {
  std::string what = "experiments";
  std::string name;
};

Task<Result<ExitCode>> list_verb(Globals& globals, ListOptions options) {
  auto places = options.what == "variants" ? globals.places() : globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  if (options.what == "variants") {
    co_return list_variants(*places, options.name);
  }
  if (options.what == "workloads") {
    co_return co_await list_workloads(std::move(*places), std::move(options.name));
  }
  co_return co_await list_experiments(std::move(*places), std::move(options.name));
}

}  // namespace

std::vector<std::string> experiments_here(const Places& places) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(places.experiments, error)) {
    if (fs::exists(entry.path() / "experiment.toml", error)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

void add_list(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<ListOptions>();
  auto* verb =
      app.add_subcommand("list", "list experiments, workloads (with parameters and counters) or variants");
  takes(verb->add_option("what", options->what, "of what (default: experiments)"),
        one_of({"experiments", "workloads", "variants"}));
  takes(verb->add_option("name", options->name, "only this one"), named("NAME"));
  verb->footer(
      "Examples:\n"
      "  assay list experiments\n"
      "  assay list workloads fault.shared\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return list_verb(globals, *options); };
  });
}

}  // namespace assay::cli
