// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_facts.hpp"

#include "base/text.hpp"
#include "experiment/machine_reader.hpp"
#include "report/counts.hpp"
#include "report/stored_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace assay::report {
namespace {

std::string vcpus_text(unsigned vcpus) { return fmt::format("{} vCPU{}", vcpus, plural(vcpus)); }

std::string node_text(const machine::Node& node) {
  const auto memory = human(node.memory);
  return node.vcpus == 0           ? memory
         : node.memory == Bytes(0) ? vcpus_text(node.vcpus)
                                   : vcpus_text(node.vcpus) + " and " + memory;
}

/// " in 2 NUMA nodes"; what each has where they do not divide it evenly.
std::string nodes_text(const machine::MachineSpec& spec) {
  if (spec.nodes.size() < 2) {
    return "";
  }
  auto text = fmt::format(" in {} NUMA nodes", spec.nodes.size());
  if (spec.nodes != experiment::divided(spec, spec.nodes.size())) {
    std::vector<std::string> each;
    std::ranges::transform(spec.nodes, std::back_inserter(each), node_text);
    text += fmt::format(" ({})", fmt::join(each, "; "));
  }
  if (!spec.distances.empty()) {
    std::vector<std::string> rows;
    std::ranges::transform(spec.distances, std::back_inserter(rows),
                           [](const auto& row) { return fmt::to_string(fmt::join(row, " ")); });
    text += fmt::format(" with distances {}", fmt::join(rows, " / "));
  }
  return text;
}

std::string machine_text(const machine::MachineSpec& spec) {
  std::vector<std::string> parts{std::string(name_of(spec.arch)), vcpus_text(spec.vcpus),
                                 human(spec.memory) + nodes_text(spec)};
  for (const auto& dimm : spec.dimms) {
    parts.push_back(fmt::format("a DIMM of {}{}", human(dimm.size),
                                dimm.node > 0 ? fmt::format(" in node {}", dimm.node) : ""));
  }
  if (spec.swap > Bytes(0)) {
    parts.push_back(human(spec.swap) + " of swap");
  }
  for (const auto size : spec.disks) {
    parts.push_back("a disk of " + human(size));
  }
  parts.push_back("cpu " + one_line(spec.cpu));
  if (spec.clock == machine::GuestClock::instructions) {
    parts.emplace_back("a clock of instructions");
  }
  if (!spec.append.empty()) {
    parts.push_back("its kernel gets " + one_line(spec.append));
  }
  if (!spec.qemu_options.empty()) {
    parts.push_back(fmt::format("QEMU gets {}", one_line(fmt::to_string(fmt::join(spec.qemu_options, " ")))));
  }
  return fmt::format("{}: {}", spec.name, fmt::join(parts, ", "));
}

}  // namespace

std::set<std::string> controls_of(const store::RunView& view) {
  std::set<std::string> controls;
  for (auto& source : experiment::claim_sources_in(view.run.experiment_toml)) {
    if (source.control) {
      controls.insert(std::move(source.claim));
    }
  }
  return controls;
}

RunMachines machines_of(const store::RunView& view) {
  RunMachines machines;
  for (const auto& record : view.trials) {
    machines.forgotten.insert(record.key.machine);
  }
  for (auto& spec : experiment::machines_in(view.run.experiment_toml)) {
    if (machines.forgotten.erase(spec.name) > 0) {
      machines.known.push_back(std::move(spec));
    }
  }
  return machines;
}

std::vector<std::string> machine_texts(const store::RunView& view) {
  const auto machines = machines_of(view);
  std::vector<std::string> lines;
  std::ranges::transform(machines.known, std::back_inserter(lines), machine_text);
  lines.insert(lines.end(), machines.forgotten.begin(), machines.forgotten.end());
  return lines;
}

std::vector<std::string> probe_texts(const store::RunView& view) {
  std::vector<std::pair<std::string, unsigned>> probes;
  for (const auto& record : view.trials) {
    for (const auto& report : record.probes) {
      auto text = fmt::format("{}: {}", report.name, report.what);
      auto known =
          std::find_if(probes.begin(), probes.end(), [&](const auto& one) { return one.first == text; });
      if (report.automatic) {
        continue;
      }
      if (known == probes.end()) {
        known = probes.insert(probes.end(), {std::move(text), 0});
      }
      ++known->second;
    }
  }
  std::vector<std::string> lines;
  for (const auto& [text, trials] : probes) {
    lines.push_back(fmt::format("{} (in {} trial{})", text, trials, plural(trials)));
  }
  return lines;
}

std::string trials_text(const store::RunView& view) {
  const auto counts = count_outcomes(view.trials);
  const bool open_ended = member(object_from(view.run.settings), "until_decided") == "true";
  auto text = fmt::format("{} of {}{}", view.trials.size(), open_ended ? "at most " : "", view.run.planned);
  if (!view.trials.empty()) {
    text += ": " + text_of(counts);
  }
  if (view.run.state != "finished") {
    text += fmt::format("; the run is {}", one_line(view.run.state));
  }
  return text;
}

std::string emulator_text(const store::RunView& view) {
  const auto host = object_from(view.run.host);
  const auto accelerator = member(host, "accelerator");
  const auto qemu = member(host, "qemu");
  return accelerator + (accelerator.empty() || qemu.empty() ? "" : ", ") + qemu;
}

}  // namespace assay::report
