// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/verb.hpp"
#include "kernel/variant.hpp"

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
  print(fmt::format("{}\n  {}\n", workload.name, workload.summary));
  for (const auto& parameter : workload.parameters) {
    print(fmt::format("    {} = {}  ({})\n        {}\n", parameter.name, parameter.default_value,
                      range(parameter), parameter.help));
  }
  for (const auto& counter : workload.counters) {
    print(fmt::format("    counts {} [{}]: {}\n", counter.name, counter.unit, counter.help));
  }
  print("\n");
}

Task<Result<ExitCode>> list_workloads(Places places) {
  auto catalogue = co_await experiment::ask_agent(places.agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  for (const auto& workload : catalogue->workloads()) {
    print_workload(workload);
  }
  co_return ExitCode::all_hold;
}

void list_variants(const Places& places) {
  for (const auto& name : kernel::variant_names(places.images)) {
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
}

void list_experiments(const Places& places) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(places.experiments, error)) {
    if (fs::exists(entry.path() / "experiment.toml", error)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    print(name + "\n");
  }
}

Task<Result<ExitCode>> list_verb(Globals& globals, std::string what) {
  auto places = what == "workloads" ? find_whole(globals.results) : find_places(globals.results);
  if (!places) {
    co_return places.error();
  }
  if (what == "workloads") {
    co_return co_await list_workloads(std::move(*places));
  }
  if (what == "variants") {
    list_variants(*places);
  } else {
    list_experiments(*places);
  }
  co_return ExitCode::all_hold;
}

}  // namespace

void add_list(CLI::App& app, Globals& globals, Action& chosen) {
  auto what = std::make_shared<std::string>("experiments");
  auto* verb =
      app.add_subcommand("list", "list experiments, workloads (with parameters and counters) or variants");
  verb->add_option("what", *what, "experiments, workloads or variants")
      ->check(CLI::IsMember({"experiments", "workloads", "variants"}));
  verb->callback(
      [&globals, &chosen, what] { chosen = [&globals, what] { return list_verb(globals, *what); }; });
}

}  // namespace assay::cli
