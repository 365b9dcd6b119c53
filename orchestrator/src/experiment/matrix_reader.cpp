// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/matrix_reader.hpp"

#include "experiment/machine_reader.hpp"
#include "experiment/names.hpp"
#include "experiment/order_reader.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

WorkloadRun read_workload(const TomlChild& child, const Experiment& experiment, const Catalogue& catalogue,
                          Mistakes& mistakes) {
  auto reader = reader_of(child, "workloads", mistakes);
  WorkloadRun run;
  run.name = child.name;
  if (reader.has("program")) {
    run.program = read_program(reader, mistakes);
    run.workload = run.program->program.text;
  } else if (!reader.has("workload")) {
    mistakes.add(child.key, fmt::format("{} has neither a \"workload\" nor a \"program\"", reader.what()));
  } else {
    read_workload_call(reader, catalogue, run.workload, run.parameters, mistakes);
  }
  if (reader.has("timeout")) {
    reader.read("timeout", run.timeout.emplace(), "60s", parse_timeout);
  }
  read_known_names(reader, "variants", names_of(experiment.variants), run.variants, mistakes);
  read_known_names(reader, "machines", names_of(experiment.machines), run.machines, mistakes);
  reader.read("thorough", run.thorough);
  reader.finish();
  return run;
}

}  // namespace

std::vector<VariantUse> read_variants(TableReader& file, Mistakes& mistakes) {
  std::vector<VariantUse> variants;
  for (const auto& child : named_tables(file, "variants", mistakes)) {
    auto reader = reader_of(child, "variants", mistakes);
    VariantUse use;
    use.name = child.name;
    use.where = reader.require("kernel", use.kernel) ? reader.place("kernel") : child.key;
    reader.finish();
    variants.push_back(std::move(use));
  }
  if (variants.empty() && mistakes.none()) {
    mistakes.add(file.place("variants"),
                 "no kernel variants: write a [variants.NAME] with kernel = \"...\" for each");
  }
  return variants;
}

std::vector<machine::MachineSpec> read_machines(TableReader& file, Mistakes& mistakes) {
  std::vector<machine::MachineSpec> machines;
  for (const auto& child : named_tables(file, "machines", mistakes)) {
    auto reader = reader_of(child, "machines", mistakes);
    auto& spec = machines.emplace_back();
    spec.name = child.name;
    read_machine(reader, spec, mistakes);
  }
  if (machines.empty()) {
    machines.emplace_back();
  }
  return machines;
}

std::vector<WorkloadRun> read_workloads(TableReader& file, const Experiment& experiment,
                                        const Catalogue& catalogue, Mistakes& mistakes) {
  std::vector<WorkloadRun> workloads;
  for (const auto& child : named_tables(file, "workloads", mistakes)) {
    workloads.push_back(read_workload(child, experiment, catalogue, mistakes));
  }
  for (const auto& use : experiment.variants) {
    if (mistakes.none() && !workloads.empty() &&
        std::none_of(workloads.begin(), workloads.end(),
                     [&](const auto& run) { return run.runs_with(use.name); })) {
      mistakes.add(*use.where, fmt::format("no workload runs with variant \"{}\"", use.name));
    }
  }
  if (workloads.empty() && mistakes.none()) {
    mistakes.add(
        file.place("workloads"),
        "no workloads: write a [workloads.NAME] with workload = \"...\" or program = \"...\" for each");
  }
  return workloads;
}

}  // namespace assay::experiment
