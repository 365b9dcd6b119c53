// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an experiment file: either an error that names a place, or an experiment that keeps its
// promises.
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/kept_file.hpp"
#include "experiment/sample_catalogue.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

namespace assay::experiment {
namespace {

const Catalogue& sample_catalogue() {
  static const Catalogue catalogue = Catalogue::from_json(sample_describe).value();
  return catalogue;
}

/// The fuzzer reports the input that led here.
void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

template <class T>
bool has(const std::vector<T>& named, std::string_view name) {
  return std::any_of(named.begin(), named.end(), [&](const T& one) { return one.name == name; });
}

void check_rule(const Experiment& experiment, const Claim& claim) {
  for (const auto& variant : claim.variants()) {
    require(has(experiment.variants, variant));
  }
  if (const auto* comparison = comparison_of(claim.rule)) {
    require(comparison->base != comparison->head && std::isfinite(comparison->effect));
    require(comparison->effect >= 0 && comparison->confidence > 0 && comparison->confidence < 1);
    return;
  }
  if (const auto* never = std::get_if<NeverRule>(&claim.rule)) {
    require(!never->variants.empty() && never->effect >= 0 && never->effect < 1);
    return;
  }
  if (const auto* pair = std::get_if<NoMoreRule>(&claim.rule)) {
    require(pair->base != pair->head && std::isfinite(pair->slack) && pair->slack >= 0);
    return;
  }
  const auto& expect = std::get<ThresholdRule>(claim.rule).expect;
  std::set<std::string> seen;
  for (const auto& [variant, bound] : expect) {
    require(std::isfinite(bound.limit) && seen.insert(variant).second);
  }
  require(!expect.empty());
}

void check_claims(const Experiment& experiment) {
  std::set<std::string> ids;
  for (const auto& claim : experiment.claims) {
    require(!claim.id.empty() && ids.insert(claim.id).second);
    require(!claim.says.empty() && !claim.quote.empty() && !claim.message_id.empty());
    require(claim.min_trials >= 1 && claim.min_trials <= experiment.trials);
    require(has(experiment.workloads, claim.workload));
    for (const auto& condition : claim.preconditions) {
      require(!condition.figure.numerator.empty() && std::isfinite(condition.bound.limit));
    }
    check_rule(experiment, claim);
  }
}

void check_matrix(const Experiment& experiment) {
  for (const auto& machine : experiment.machines) {
    require(machine.vcpus >= 1 && !machine.cpu.empty());
    require(machine.nodes.size() <= 64 && machine.memory >= mib(64));
    require(machine.distances.empty() || machine.distances.size() == machine.nodes.size());
  }
  for (const auto& run : experiment.workloads) {
    const auto info = run.words(sample_catalogue());
    require(info.has_value());
    require(!run.program || !run.program->program.text.empty());
    for (const auto& [name, value] : run.parameters) {
      require(info->parameter(name) != nullptr && !value.empty());
    }
  }
  require(experiment.sampling.interval.count() == 0 ||
          (experiment.sampling.interval >= std::chrono::milliseconds(10) &&
           !experiment.sampling.sources.empty()));
}

void check(std::string_view text) {
  static_cast<void>(machines_in(text));
  const auto experiment = parse_experiment(text, "fuzz.toml", sample_catalogue());
  if (!experiment) {
    require(experiment.error().kind() == Failure::usage);
    require(experiment.error().text().rfind("fuzz.toml:", 0) == 0);
    return;
  }
  require(!experiment->name.empty() && !experiment->title.empty());
  require(experiment->trials >= 1 && experiment->timeout >= std::chrono::seconds(1));
  require(!experiment->variants.empty() && !experiment->machines.empty() && !experiment->workloads.empty() &&
          !experiment->claims.empty());
  check_matrix(*experiment);
  check_claims(*experiment);
}

}  // namespace
}  // namespace assay::experiment

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  assay::experiment::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
