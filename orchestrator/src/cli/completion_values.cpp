// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/toml_file.hpp"
#include "cli/app_tree.hpp"
#include "cli/completion.hpp"
#include "cli/estimate.hpp"
#include "cli/experiments_here.hpp"
#include "experiment/catalogue.hpp"
#include "kernel/variant_load.hpp"

#include <algorithm>
#include <utility>

namespace assay::cli {
namespace {

using Words = std::vector<std::string>;

/// The file of the first experiment that the line names.
fs::path experiment_in(const Words& line, const Places& places) {
  std::error_code error;
  for (const auto& word : line) {
    for (const auto& place : {fs::path(word), places.experiments / word}) {
      if (fs::is_regular_file(place / "experiment.toml", error)) {
        return place / "experiment.toml";
      }
    }
    if (word.ends_with(".toml") && fs::is_regular_file(word, error)) {
      return word;
    }
  }
  return {};
}

/// The names below a table of an experiment's file; of all experiments when the line names none.
Words names_below(std::string_view table, const Words& line, const Places& places) {
  std::vector<fs::path> files{experiment_in(line, places)};
  if (files.front().empty()) {
    files.clear();
    for (const auto& name : experiments_here(places)) {
      files.push_back(places.experiments / name / "experiment.toml");
    }
  }
  Words names;
  for (const auto& file : files) {
    const auto text = read_file(file);
    const auto root = text ? parse_toml(*text, file, "an experiment") : Result<toml::table>(text.error());
    if (!root) {
      continue;
    }
    if (const auto* entries = root->get_as<toml::table>(table); entries != nullptr) {
      for (const auto& [key, node] : *entries) {
        names.emplace_back(key.str());
      }
    }
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::unique(names);
  names.erase(twice.begin(), twice.end());
  return names;
}

/// "linux-6.12", and then "linux-6.12+kasan".
Words kernels_like(const std::string& typed, const Places& places) {
  const auto slash = typed.rfind('/');
  const auto plus = typed.find('+', slash == std::string::npos ? 0 : slash);
  const auto variants = kernel::variant_names(places.images);
  if (plus == std::string::npos) {
    return variants;
  }
  const auto name = typed.substr(0, plus);
  if (!name.ends_with(".toml") && std::ranges::find(variants, name) == variants.end()) {
    return {};  // kernels as they are have no flavours
  }
  const auto before = typed.substr(0, typed.rfind('+'));
  const auto taken = split(std::string_view(before).substr(std::min(plus + 1, before.size())), '+');
  Words words;
  for (const auto& flavour : kernel::flavour_names(places.images)) {
    if (std::ranges::find(taken, flavour) == taken.end()) {
      words.push_back(fmt::format("{}+{}", before, flavour));
    }
  }
  return words;
}

/// "before=" and then "before=linux-6.12".
Words kernels_for_variants(const Words& line, const Places& places) {
  const auto typed = line.empty() ? std::string() : line.back();
  const auto equals = typed.find('=');
  Words words;
  if (equals == std::string::npos) {
    for (const auto& name : names_below("variants", line, places)) {
      words.push_back(name + "=");
    }
  } else {
    for (const auto& name : kernels_like(typed.substr(equals + 1), places)) {
      words.push_back(typed.substr(0, equals + 1) + name);
    }
  }
  return words;
}

/// Runs, "last", and where one is named, its variants.
Words runs_here(const Words& line, const Places& places) {
  const auto runs = past_runs(places);
  Words words;
  if (runs.empty()) {
    return words;
  }
  const auto typed = line.empty() ? std::string() : line.back();
  if (const auto colon = typed.find(':'); colon != std::string::npos) {
    const auto name = typed.substr(0, colon);
    const auto run =
        std::ranges::find_if(runs, [&](const auto& one) { return name == "last" || one.id == name; });
    for (const auto& kernel : run != runs.end() ? run->kernels : std::vector<store::KernelInfo>()) {
      words.push_back(typed.substr(0, colon + 1) + kernel.variant.substr(0, kernel.variant.find('/')));
    }
    return words;
  }
  words.emplace_back("last");
  for (const auto& run : runs) {
    words.push_back(run.id);
  }
  return words;
}

/// The verbs below the one that stands behind "help".
Words verbs_behind_help(const CLI::App& app, const Words& line) {
  const auto help = std::ranges::find(line, "help");
  if (help == line.end()) {
    return {};
  }
  const auto* verb = find_verb(app, Words(help + 1, std::max(help + 1, line.end() - 1)));
  Words names;
  for (const auto* sub : verb == nullptr ? std::vector<const CLI::App*>() : verbs_in(*verb)) {
    names.push_back(sub->get_name());
  }
  return names;
}

/// Whether the word stands before the one that is being typed.
bool is_in(const Words& line, std::string_view word) {
  const auto typed = line.end() - (line.empty() ? 0 : 1);
  return std::find(line.begin(), typed, word) != typed;
}

Task<Words> workloads_of_agent(fs::path agent) {
  const auto catalogue = co_await experiment::ask_agent(std::move(agent));
  Words words;
  if (catalogue) {
    std::ranges::transform(catalogue->workloads(), std::back_inserter(words),
                           &experiment::WorkloadInfo::name);
  }
  co_return words;
}

}  // namespace

Task<std::vector<std::string>> values_here(const CLI::App& app, const Places& places, std::string kind,
                                           std::vector<std::string> line) {
  const auto typed = line.empty() ? std::string() : line.back();
  if (kind == "NAME" && is_in(line, "workloads")) {
    co_return co_await workloads_of_agent(places.agent);
  }
  if (kind == "NAME") {  // of what the line lists
    kind = is_in(line, "variants") ? "KERNEL" : "EXPERIMENT";
  } else if (kind == "EXPERIMENT" && is_in(line, "--resume")) {
    kind = "RUN";
  }
  co_return kind == "EXPERIMENT" ? experiments_here(places)
  : kind == "KERNEL"             ? kernels_like(typed, places)
  : kind == "NAME=KERNEL"        ? kernels_for_variants(line, places)
  : kind == "WORKLOAD"           ? names_below("workloads", line, places)
  : kind == "VARIANT"            ? names_below("variants", line, places)
  : kind == "MACHINE"            ? names_below("machines", line, places)
  : kind == "RUN"                ? runs_here(line, places)
  : kind == "COMMAND"            ? verbs_behind_help(app, line)
                                 : Words();
}

}  // namespace assay::cli
