// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/matrix_reader.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/machine_sizes.hpp"

#include <algorithm>

namespace assay::experiment {
namespace {

/// The children of [section.*], each of them a table with a usable name.
std::vector<TomlChild> named_tables(TableReader& file, std::string_view section, Mistakes& mistakes) {
  std::vector<TomlChild> tables;
  const toml::table* table = nullptr;
  if (!file.read(section, table)) {
    return tables;
  }
  for (auto& child : children_of(*table)) {
    if (!child.node->is_table()) {
      mistakes.add(child.key, fmt::format("{}.{} must be a table, not {}: write [{}.{}] above its keys",
                                          section, child.name, kind_of(*child.node), section, child.name));
      continue;
    }
    if (!is_name(child.name)) {
      mistakes.add(child.key, fmt::format("\"{}\" is not a name: use up to 64 letters, digits, '.', '_' and "
                                          "'-', beginning with a letter or a digit",
                                          child.name));
    }
    tables.push_back(std::move(child));
  }
  return tables;
}

TableReader reader_of(const TomlChild& child, std::string_view section, Mistakes& mistakes) {
  return {*child.node->as_table(), place_of(child.node->source()),
          fmt::format("[{}.{}]", section, child.name), mistakes};
}

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
  reader.read("swap", spec.swap, "256M", parse_swap);
  reader.finish();
  return spec;
}

/// A whole number in a string or as it is, within the parameter's range; `shown` is how the user wrote it.
void check_range(std::string_view shown, std::int64_t value, const ParameterInfo& info, Place where,
                 Mistakes& mistakes) {
  if ((info.min && value < *info.min) || (info.max && value > *info.max)) {
    const auto text = [](const std::optional<std::int64_t>& limit) {
      return limit ? fmt::format("{}", *limit) : std::string("any");
    };
    mistakes.add(where, fmt::format("{} = {} is out of range: {} to {}{}{}", info.name, shown, text(info.min),
                                    text(info.max), info.unit.empty() ? "" : " ", info.unit));
  }
}

void wrong_value(const TomlChild& child, std::string_view wanted, Mistakes& mistakes) {
  mistakes.add(place_of(child.node->source()),
               fmt::format("parameter {} must be {}, not {}", child.name, wanted, kind_of(*child.node)));
}

std::string read_choice(const TomlChild& child, const ParameterInfo& info, Mistakes& mistakes) {
  if (!child.node->is_string()) {
    wrong_value(child, fmt::format("one of {}", listed(info.choices)), mistakes);
    return "";
  }
  const auto& text = child.node->ref<std::string>();
  for (const auto& choice : info.choices) {
    if (choice == text) {
      return text;
    }
  }
  mistakes.add(place_of(child.node->source()),
               fmt::format("{} = \"{}\" is not one of {}{}", info.name, text, listed(info.choices),
                           did_you_mean(text, info.choices)));
  return text;
}

/// A string with a unit, checked in the base unit that the agent's range speaks of.
template <class Parse>
std::string read_quantity(const TomlChild& child, const ParameterInfo& info, std::string_view wanted,
                          Parse parse, Mistakes& mistakes) {
  if (!child.node->is_string()) {
    wrong_value(child, wanted, mistakes);
    return "";
  }
  const auto& text = child.node->ref<std::string>();
  const Result<std::int64_t> value = parse(text);
  const auto where = place_of(child.node->source());
  if (!value) {
    mistakes.add(where, fmt::format("parameter {}: {}", info.name, value.error().text()));
    return "";
  }
  check_range(text, *value, info, where, mistakes);
  return text;
}

Result<std::int64_t> bytes_as_number(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) {
    return bytes.error();
  }
  if (bytes->value() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(Failure::usage, "\"{}\" is out of range", text);
  }
  return static_cast<std::int64_t>(bytes->value());
}

Result<std::int64_t> duration_as_number(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return duration.error();
  }
  return static_cast<std::int64_t>(duration->count());
}

/// The value as the agent is told it.
std::string read_parameter(const TomlChild& child, const ParameterInfo& info, Mistakes& mistakes) {
  if (info.type == "integer") {
    if (!child.node->is_integer()) {
      wrong_value(child, "a whole number", mistakes);
      return "";
    }
    const auto number = child.node->ref<std::int64_t>();
    check_range(fmt::format("{}", number), number, info, place_of(child.node->source()), mistakes);
    return fmt::format("{}", number);
  }
  if (info.type == "bool" || info.type == "boolean") {
    if (!child.node->is_boolean()) {
      wrong_value(child, "true or false", mistakes);
      return "";
    }
    return child.node->ref<bool>() ? "true" : "false";
  }
  if (info.type == "choice") {
    return read_choice(child, info, mistakes);
  }
  if (info.type == "size") {
    return read_quantity(child, info, "a string such as \"64M\"", bytes_as_number, mistakes);
  }
  return read_quantity(child, info, "a string such as \"20ms\"", duration_as_number, mistakes);
}

void read_parameters(const toml::table& table, const WorkloadInfo& info, WorkloadRun& run,
                     Mistakes& mistakes) {
  for (const auto& child : children_of(table)) {
    const auto* parameter = info.parameter(child.name);
    if (parameter == nullptr) {
      mistakes.add(child.key, fmt::format("workload {} has no parameter \"{}\"{}", info.name, child.name,
                                          did_you_mean(child.name, names_of(info.parameters))));
      continue;
    }
    run.parameters[child.name] = read_parameter(child, *parameter, mistakes);
  }
}

WorkloadRun read_workload(const TomlChild& child, const Experiment& experiment, const Catalogue& catalogue,
                          Mistakes& mistakes) {
  auto reader = reader_of(child, "workloads", mistakes);
  WorkloadRun run;
  run.name = child.name;
  const auto* info = static_cast<const WorkloadInfo*>(nullptr);
  if (reader.require("workload", run.workload)) {
    info = catalogue.workload(run.workload);
    if (info == nullptr) {
      const auto known = names_of(catalogue.workloads());
      const auto hint = did_you_mean(run.workload, known);
      reader.mistake("workload",
                     fmt::format("unknown workload \"{}\"{}", run.workload,
                                 hint.empty() ? fmt::format("; there is {}", listed(known)) : hint));
    }
  }
  const toml::table* params = nullptr;
  if (reader.read("params", params) && info != nullptr) {
    read_parameters(*params, *info, run, mistakes);
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

void read_known_names(TableReader& reader, std::string_view key, const std::vector<std::string>& known,
                      std::vector<std::string>& names, Mistakes& mistakes) {
  std::vector<PlacedText> texts;
  const bool is_list = reader.read(key, texts);
  for (const auto& [text, where] : texts) {
    if (std::find(known.begin(), known.end(), text) == known.end()) {
      mistakes.add(where,
                   fmt::format("{}: the experiment has no \"{}\"{}", key, text, did_you_mean(text, known)));
    } else if (std::find(names.begin(), names.end(), text) != names.end()) {
      mistakes.add(where, fmt::format("\"{}\" is there twice", text));
    }
    names.push_back(text);
  }
  if (texts.empty() && is_list) {
    reader.mistake(key, fmt::format("{} names nothing: leave it out to mean all", key));
  }
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
    mistakes.add(file.place("workloads"),
                 "no workloads: write a [workloads.NAME] with workload = \"...\" for each");
  }
  return workloads;
}

}  // namespace assay::experiment
