// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/matrix_reader.hpp"

#include "base/text.hpp"
#include "experiment/machine_sizes.hpp"
#include "experiment/names.hpp"
#include "experiment/order_reader.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

Result<machine::Accel> parse_accel(std::string_view text) {
  if (text == "auto") {
    return machine::Accel::automatic;
  }
  if (text == "kvm") {
    return machine::Accel::kvm;
  }
  if (text == "tcg") {
    return machine::Accel::tcg;
  }
  return fail(Failure::usage, "\"{}\" is not an accelerator: write \"auto\", \"kvm\" or \"tcg\"{}", text,
              did_you_mean(text, {"auto", "kvm", "tcg"}));
}

Result<machine::GuestClock> parse_clock(std::string_view text) {
  if (text == "host") {
    return machine::GuestClock::host;
  }
  if (text == "instructions") {
    return machine::GuestClock::instructions;
  }
  return fail(Failure::usage, "\"{}\" is not a clock: write \"host\" or \"instructions\"{}", text,
              did_you_mean(text, {"host", "instructions"}));
}

Result<Bytes> parse_memory(std::string_view text) { return parse_mebibytes(text, mib(64)); }

Result<Bytes> parse_swap(std::string_view text) { return parse_mebibytes(text, mib(1)); }

machine::MachineSpec read_machine(const TomlChild& child, Mistakes& mistakes) {
  auto reader = reader_of(child, "machines", mistakes);
  machine::MachineSpec spec;
  spec.name = child.name;
  reader.read("arch", spec.arch, "x86_64", parse_arch);
  reader.read("accel", spec.accel, "auto", parse_accel);
  reader.read("clock", spec.clock, "host", parse_clock);
  if (spec.clock == machine::GuestClock::instructions) {
    if (spec.accel == machine::Accel::kvm) {
      reader.mistake("clock", "only accel = \"tcg\" can count instructions");
    }
    spec.accel = machine::Accel::tcg;
  }
  if (reader.has("cpu")) {
    reader.require("cpu", spec.cpu);
  }
  reader.read("vcpus", spec.vcpus, 1, 255);
  if (spec.arch == Arch::sparc64) {
    if (!reader.has("vcpus")) {
      spec.vcpus = 1;
    } else if (spec.vcpus > 1) {
      reader.mistake("vcpus", "a sparc64 machine has one vCPU: QEMU's sun4u supports no more");
    }
  }
  reader.read("memory", spec.memory, "512M", parse_memory);
  if (reader.read("nodes", spec.nodes, 1, most_nodes)) {
    if (const auto fits = check_nodes(spec); !fits) {
      reader.mistake("nodes", fits.error().text());
    }
  }
  reader.read("swap", spec.swap, "256M", parse_swap);
  reader.finish();
  return spec;
}

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
    machines.push_back(read_machine(child, mistakes));
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
