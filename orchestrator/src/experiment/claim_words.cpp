// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/claim_words.hpp"

#include "base/text.hpp"
#include "experiment/names.hpp"
#include "experiment/probe_reader.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

bool is_in(const std::vector<std::string>& known, const std::string& name) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace

void ClaimWords::check_workload(const std::string& name, Place where) {
  for (const auto& run : experiment_.workloads) {
    if (run.name == name) {
      info_ = run.words(catalogue_);
      is_program_ = run.program.has_value();
      workload_ = name;
      return;
    }
  }
  mistakes_.add(where, fmt::format("the experiment has no workload \"{}\"{}", name,
                                   did_you_mean(name, names_of(experiment_.workloads))));
}

std::vector<std::string> ClaimWords::variants() const {
  auto names = names_of(experiment_.variants);
  for (const auto& run : experiment_.workloads) {
    if (run.name == workload_) {
      std::erase_if(names, [&](const auto& name) { return !run.runs_with(name); });
    }
  }
  return names;
}

void ClaimWords::check_variant(const std::string& name, Place where) {
  const auto known = names_of(experiment_.variants);
  if (!is_in(known, name)) {
    mistakes_.add(where,
                  fmt::format("the experiment has no variant \"{}\"{}", name, did_you_mean(name, known)));
  } else if (!is_in(variants(), name)) {
    mistakes_.add(where, fmt::format("workload {} does not run with variant \"{}\": its variants are {}",
                                     workload_, name, listed(variants())));
  }
}

void ClaimWords::check_figure(const Figure& figure, Place where) {
  check_counter(figure.numerator, where);
  if (!figure.denominator.empty()) {
    check_counter(figure.denominator, where);
  }
}

void ClaimWords::check_event(const CountedEvent& event, Place where) {
  if (event.kind == CountedEvent::Kind::figure) {
    check_figure(event.condition.figure, where);
  } else if (event.kind == CountedEvent::Kind::check && info_ && !is_in(info_->checks, event.name)) {
    mistakes_.add_at(where, event.name,
                     fmt::format("workload {} has no check \"{}\"{}", info_->name, event.name,
                                 hint(event.name, info_->checks, "tests")));
  }
}

/// What a program prints is known by what the file says of it.
std::string ClaimWords::hint(const std::string& name, const std::vector<std::string>& known,
                             std::string_view key) const {
  const auto near = did_you_mean(name, known);
  return near.empty() && is_program_
             ? fmt::format("; if the program prints it, write {} = [\"{}\"] there", key, name)
             : near;
}

void ClaimWords::check_sampled(const std::string& metric, Place where) {
  const auto source = metric.substr(0, metric.find('.'));
  const auto probed = probe_figures(experiment_, workload_);
  if (is_in(probed, metric)) {
    return;
  }
  if (!is_in(experiment_.sampling.sources, source)) {
    mistakes_.add_at(
        where, metric,
        fmt::format("a percentile is one of samples, and [sampling] sources has no \"{}\"", source));
    return;
  }
  std::vector<std::string> known;
  for (const auto& sampler : catalogue_.samplers()) {
    if (sampler.name == source && sampler.metrics.empty()) {
      return;  // Only a running kernel knows them.
    }
    for (const auto& one : sampler.metrics) {
      known.push_back(sampler.name + "." + one.name);
    }
  }
  if (!is_in(known, metric)) {
    mistakes_.add_at(where, metric,
                     fmt::format("the agent does not sample \"{}\"{}", metric, did_you_mean(metric, known)));
  }
}

void ClaimWords::check_counter(const std::string& name, Place where) {
  if (const auto percentile = percentile_in(name)) {
    check_sampled(percentile->metric, where);
    return;
  }
  if (!info_) {
    return;  // Which counters there are is unknown as long as the workload is.
  }
  std::vector<std::string> known = names_of(info_->counters);
  const auto probed = probe_figures(experiment_, workload_);
  known.insert(known.end(), probed.begin(), probed.end());
  for (const auto& sampler : catalogue_.samplers()) {
    const auto prefix = sampler.name + ".";
    if (sampler.metrics.empty() && name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix) {
      return;  // Only a running kernel knows the rest.
    }
    for (const auto& metric : sampler.metrics) {
      known.push_back(prefix + metric.name);
    }
  }
  if (!is_in(known, name)) {
    mistakes_.add_at(
        where, name,
        fmt::format("workload {} has no counter \"{}\"{}", info_->name, name, hint(name, known, "figures")));
  }
}

}  // namespace assay::experiment
