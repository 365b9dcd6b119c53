// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/experiment_reader.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "base/toml_file.hpp"
#include "experiment/claim_reader.hpp"
#include "experiment/expressions.hpp"
#include "experiment/grid_reader.hpp"
#include "experiment/matrix_reader.hpp"
#include "experiment/names.hpp"
#include "experiment/order_reader.hpp"
#include "experiment/probe_reader.hpp"

#include <algorithm>
#include <limits>

namespace assay::experiment {
namespace {

Result<GuestUse> parse_guests(std::string_view text) {
  if (text == "fresh") {
    return GuestUse::fresh;
  }
  if (text == "shared") {
    return GuestUse::shared;
  }
  return fail(Failure::usage,
              "\"{}\" is not known: write \"fresh\" (each trial boots its own guest) or \"shared\" (all "
              "workloads of one repeat share one)",
              text);
}

void read_head(TableReader& file, Experiment& experiment, Mistakes& mistakes) {
  const toml::table* table = nullptr;
  if (!file.has("experiment")) {
    file.missing("experiment");
  }
  if (!file.read("experiment", table)) {
    return;
  }
  TableReader reader(*table, place_of(table->source()), "[experiment]", mistakes);
  if (reader.require("name", experiment.name) && !is_name(experiment.name)) {
    reader.mistake("name", fmt::format("\"{}\" is not a name: use up to 64 letters, digits, '.', '_' and '-'",
                                       experiment.name));
  }
  reader.require("title", experiment.title);
  reader.read("summary", experiment.summary);
  if (!reader.read("thread", experiment.thread, "1234@example.org", parse_message_id) &&
      reader.has("thread")) {
    experiment.thread = "wrong";  // so that claims do not complain, too, that there is none
  }
  if (reader.find("author") != nullptr) {
    reader.require("author", experiment.author);
  }
  reader.read("trials", experiment.trials, 1, 100'000);
  if (reader.has("thorough_trials")) {
    reader.read("thorough_trials", experiment.thorough_trials.emplace(), 1, 100'000);
    if (*experiment.thorough_trials < experiment.trials) {
      reader.mistake(
          "thorough_trials",
          fmt::format("a thorough run would make fewer trials than the usual {}", experiment.trials));
    }
  }
  reader.read("guests", experiment.guests, "shared", parse_guests);
  reader.read("timeout", experiment.timeout, "60s", parse_timeout);
  reader.read("seed", experiment.seed, 0, std::numeric_limits<std::int64_t>::max());
  reader.finish();
}

/// [mutate]
std::optional<MutationPlan> read_mutation(TableReader& file, const Experiment& experiment,
                                          Mistakes& mistakes) {
  const toml::table* table = nullptr;
  if (!file.read("mutate", table)) {
    return std::nullopt;
  }
  TableReader reader(*table, place_of(table->source()), "[mutate]", mistakes);
  MutationPlan plan;
  const auto variants = names_of(experiment.variants);
  const auto check = [&](std::string_view key, const std::string& name) {
    if (std::ranges::find(variants, name) == variants.end()) {
      reader.mistake(key, fmt::format("there is no variant \"{}\"{}", name, did_you_mean(name, variants)));
    }
  };
  if (reader.require("variant", plan.variant)) {
    check("variant", plan.variant);
  }
  if (reader.read("base", plan.base)) {
    check("base", plan.base);
    if (plan.base == plan.variant) {
      reader.mistake("base", fmt::format("variant \"{}\" does not differ from itself", plan.base));
    }
  }
  reader.read("context", plan.context, std::int64_t{0}, std::int64_t{10'000});
  std::vector<PlacedText> functions;
  reader.read("functions", functions);
  for (auto& function : functions) {
    plan.functions.push_back(std::move(function.text));
  }
  if (plan.base.empty() && plan.functions.empty()) {
    reader.mistake(
        "variant",
        "[mutate] needs base = \"...\", of which the variant differs by the patch, or functions = [...]");
  }
  reader.finish();
  return plan;
}

/// Base before head wherever variants are listed: as the claims have it, and otherwise as the file does.
void put_base_first(Experiment& experiment) {
  auto& variants = experiment.variants;
  const auto named = [&](const std::string& name) {
    return std::ranges::find(variants, name, &VariantUse::name);
  };
  for (const auto& claim : experiment.claims) {
    const auto* comparison = comparison_of(claim.rule);
    const auto* pair = std::get_if<NoMoreRule>(&claim.rule);
    const auto base = named(comparison != nullptr ? comparison->base : pair != nullptr ? pair->base : "");
    const auto head = named(comparison != nullptr ? comparison->head : pair != nullptr ? pair->head : "");
    if (base != variants.end() && head < base) {
      std::rotate(head, base, base + 1);
    }
  }
  const auto place = [&](const std::string& name) { return named(name) - variants.begin(); };
  for (auto& claim : experiment.claims) {
    if (auto* threshold = std::get_if<ThresholdRule>(&claim.rule)) {
      std::ranges::stable_sort(threshold->expect, {}, [&](const auto& one) { return place(one.variant); });
    } else if (auto* never = std::get_if<NeverRule>(&claim.rule)) {
      std::ranges::stable_sort(never->variants, {}, place);
    }
  }
}

}  // namespace

Result<Experiment> parse_experiment(std::string_view text, const std::filesystem::path& file,
                                    const Catalogue& catalogue) {
  const auto parsed = parse_toml(text, file.string(), "an experiment");
  if (!parsed) {
    return parsed.error();
  }
  Mistakes mistakes(file.string(), text);
  TableReader reader(*parsed, {}, "the file", mistakes);
  Experiment experiment;
  experiment.file = file;
  experiment.digest = sha256(text);
  // Under a name that is not meant, a table makes all that speaks of it look wrong.
  for (const auto* section : {"experiment", "sampling", "variants", "machines", "workloads", "probes",
                              "claims", "grids", "groups", "quotes", "mutate"}) {
    reader.find(section);
  }
  reader.finish();
  if (!mistakes.none()) {
    return mistakes.error();
  }
  read_head(reader, experiment, mistakes);
  read_sampling(reader, catalogue, experiment.sampling, mistakes);
  experiment.variants = read_variants(reader, mistakes);
  experiment.machines = read_machines(reader, mistakes);
  experiment.workloads = read_workloads(reader, experiment, catalogue, mistakes);
  experiment.probes = read_probes(reader, experiment, mistakes);
  experiment.claims = read_claims(reader, experiment, catalogue, mistakes);
  experiment.grids = read_grids(reader, experiment, catalogue, mistakes);
  experiment.mutation = read_mutation(reader, experiment, mistakes);
  put_base_first(experiment);
  if (!mistakes.none()) {
    return mistakes.error();
  }
  return experiment;
}

}  // namespace assay::experiment
