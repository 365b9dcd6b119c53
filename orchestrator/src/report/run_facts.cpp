// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/run_facts.hpp"

#include "base/text.hpp"
#include "experiment/kept_file.hpp"
#include "report/counts.hpp"
#include "report/stored_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::report {
namespace {

std::string machine_text(const machine::MachineSpec& spec) {
  return fmt::format("{}: {}, {} vCPU{}, {}{}{}, cpu {}", spec.name, name_of(spec.arch), spec.vcpus,
                     plural(spec.vcpus), human(spec.memory),
                     spec.nodes > 1 ? fmt::format(" in {} NUMA nodes", spec.nodes) : "",
                     spec.swap > Bytes(0) ? fmt::format(", {} of swap", human(spec.swap)) : "", spec.cpu);
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

std::vector<std::string> machine_texts(const store::RunView& view) {
  std::set<std::string> used;
  for (const auto& record : view.trials) {
    used.insert(record.key.machine);
  }
  std::vector<std::string> lines;
  for (const auto& spec : experiment::machines_in(view.run.experiment_toml)) {
    if (used.erase(spec.name) > 0) {
      lines.push_back(machine_text(spec));
    }
  }
  lines.insert(lines.end(), used.begin(), used.end());
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
