// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/selection.hpp"

#include "base/text.hpp"
#include "experiment/names.hpp"

#include <algorithm>
#include <string_view>

namespace assay::experiment {
namespace {

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Every claim and probe must do with the workloads and variants that are left. Returns the claims that
/// cannot.
std::vector<std::string> fit_to_matrix(Experiment& experiment) {
  const auto runs = [&](const std::string& workload, const std::string& variant) {
    return std::any_of(experiment.workloads.begin(), experiment.workloads.end(), [&](const auto& run) {
      return run.name == workload && (variant.empty() || run.runs_with(variant)) &&
             (variant.empty() || has(names_of(experiment.variants), variant));
    });
  };
  std::erase_if(experiment.probes, [&](const auto& probe) {
    return !probe.workloads.empty() && std::none_of(probe.workloads.begin(), probe.workloads.end(),
                                                    [&](const auto& name) { return runs(name, ""); });
  });
  const auto machines = names_of(experiment.machines);
  std::vector<std::string> undecided;
  std::erase_if(experiment.claims, [&](const auto& claim) {
    const auto needed = claim.variants();
    const bool decided =
        runs(claim.workload, "") &&
        std::all_of(needed.begin(), needed.end(),
                    [&](const auto& variant) { return runs(claim.workload, variant); }) &&
        (claim.machines.empty() || std::any_of(claim.machines.begin(), claim.machines.end(),
                                               [&](const auto& name) { return has(machines, name); }));
    if (!decided) {
      undecided.push_back(claim.id);
    }
    return !decided;
  });
  return undecided;
}

Status check_names(std::string_view option, const std::vector<std::string>& wanted,
                   const std::vector<std::string>& known, const Experiment& experiment) {
  for (const auto& name : wanted) {
    if (!has(known, name)) {
      const auto hint = did_you_mean(name, known);
      return fail(Failure::usage, "{}: experiment {} has no \"{}\"{}", option, experiment.name, name,
                  hint.empty() ? "; there is " + listed(known) : hint);
    }
  }
  return {};
}

/// Both lists mean all when they are empty; false when they have nothing in common.
bool narrow(std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  if (wanted.empty()) {
    return true;
  }
  if (names.empty()) {
    names = wanted;
    return true;
  }
  std::erase_if(names, [&](const auto& name) { return !has(wanted, name); });
  return !names.empty();
}

}  // namespace

std::vector<std::string> leave_out_thorough(Experiment& experiment) {
  std::erase_if(experiment.workloads, [](const auto& run) { return run.thorough; });
  return fit_to_matrix(experiment);
}

Result<std::vector<std::string>> keep_only(const Selection& selection, Experiment& experiment) {
  for (const auto& checked :
       {check_names("--workload", selection.workloads, names_of(experiment.workloads), experiment),
        check_names("--variant", selection.variants, names_of(experiment.variants), experiment),
        check_names("--machine", selection.machines, names_of(experiment.machines), experiment)}) {
    if (!checked) {
      return checked.error();
    }
  }
  const auto unwanted = [](const std::vector<std::string>& wanted) {
    return [&wanted](const auto& one) { return !wanted.empty() && !has(wanted, one.name); };
  };
  std::erase_if(experiment.workloads, unwanted(selection.workloads));
  std::erase_if(experiment.workloads, [&](auto& run) {
    return !narrow(run.variants, selection.variants) || !narrow(run.machines, selection.machines);
  });
  std::erase_if(experiment.variants, unwanted(selection.variants));
  std::erase_if(experiment.machines, unwanted(selection.machines));
  if (experiment.workloads.empty()) {
    return fail(Failure::usage, "experiment {} runs none of these workloads on these variants and machines",
                experiment.name);
  }
  return fit_to_matrix(experiment);
}

}  // namespace assay::experiment
