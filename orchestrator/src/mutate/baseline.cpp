// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/baseline.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/toml_file.hpp"
#include "run/kernels.hpp"
#include "verdict/percentiles.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

namespace assay::mutate {
namespace {

/// The experiment without what it says of mutants: another choice of lines judges none anew, nor does a
/// comment.
Result<std::string> judging_part(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) {
    return text.error();
  }
  auto table = parse_toml(*text, file.string(), "an experiment");
  if (!table) {
    return table.error();
  }
  table->erase("mutate");
  std::ostringstream written;
  written << toml::json_formatter(*table);
  return written.str();
}

}  // namespace

run::Inputs only_variant(const run::Inputs& inputs, const std::string& variant) {
  run::Inputs only;
  only.settings = inputs.settings;
  only.experiment = inputs.experiment;
  only.schedule = inputs.schedule;
  only.agent_version = inputs.agent_version;
  std::erase_if(only.experiment.variants, [&](const auto& use) { return use.name != variant; });
  std::erase_if(only.experiment.workloads,
                [&](const auto& workload) { return !workload.runs_with(variant); });
  std::erase_if(only.experiment.probes, [&](const auto& probe) {
    return !probe.variants.empty() && std::ranges::find(probe.variants, variant) == probe.variants.end();
  });
  only.experiment.claims.clear();
  for (const auto& key : run::kernel_keys(only.experiment)) {
    only.variants.emplace(key, inputs.variants.at(key));
  }
  return only;
}

Result<std::string> key_of(const run::Places& places, const run::Inputs& inputs, const run::RunKernels& known,
                           unsigned trials) {
  Hasher hasher;
  auto experiment = judging_part(inputs.experiment.file);
  if (!experiment) {
    return experiment.error();
  }
  hasher.add("experiment", *experiment);
  hasher.add("trials", std::to_string(trials));
  for (const auto& [key, id] : known.ids) {
    hasher.add(key, id);
  }
  for (const auto& machine : inputs.experiment.machines) {
    const auto agent = sha256_of_file(places.agent_for(machine.arch));
    if (!agent) {
      return agent.error();
    }
    hasher.add(machine.name, *agent);
  }
  return hasher.finish();
}

Result<verdict::Trials> read_baseline(store::Store& results, const experiment::Experiment& experiment,
                                      const std::string& run) {
  const auto info = results.find_run(run);
  if (!info) {
    return info.error();
  }
  if (info->state != "finished") {
    return fail(Failure::usage, "run {} did not end", run);
  }
  auto trials = results.trials(run);
  if (!trials) {
    return trials.error();
  }
  const auto read = [&](const trial::TrialKey& key, const std::string& metric) {
    auto series = results.samples(run, key, metric);
    using Values = Result<std::vector<std::int64_t>>;
    return !series           ? Values(series.error())
           : series->empty() ? Values({})
                             : Values(std::move(series->front().values));
  };
  if (auto added = verdict::add_percentiles(experiment, *trials, read); !added) {
    return added.error();
  }
  return trials;
}

}  // namespace assay::mutate
