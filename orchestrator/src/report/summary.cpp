// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/summary.hpp"

#include "base/text.hpp"
#include "experiment/experiment.hpp"
#include "experiment/settings.hpp"
#include "report/layout.hpp"
#include "report/variants.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace assay::report {
namespace {

std::string machine_text(const machine::MachineSpec& spec) {
  return fmt::format("{}: {}, {} vCPU{}, {}{}, cpu {}", spec.name, name_of(spec.arch), spec.vcpus,
                     plural(spec.vcpus), human(spec.memory),
                     spec.swap > Bytes(0) ? fmt::format(", {} of swap", human(spec.swap)) : "", spec.cpu);
}

std::string text_of_json(const nlohmann::ordered_json& value) {
  if (value.is_null()) {
    return "";
  }
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (!value.is_structured()) {
    return value.dump();
  }
  std::string text;
  for (const auto& [key, part] : value.items()) {
    const auto shown = text_of_json(part);
    const auto inner = part.is_structured() && value.is_array() ? "(" + shown + ")" : shown;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", value.is_object() ? key + " " : "", inner);
  }
  return text;
}

}  // namespace

void OutcomeCounts::add(trial::Outcome outcome) {
  switch (outcome) {
    case trial::Outcome::pass:
      ++pass;
      return;
    case trial::Outcome::fail:
      ++fail;
      return;
    case trial::Outcome::finding:
      ++finding;
      return;
    case trial::Outcome::skip:
      ++skip;
      return;
    case trial::Outcome::lost:
      ++lost;
      return;
  }
}

OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials) {
  OutcomeCounts counts;
  for (const auto& record : trials) {
    counts.add(record.outcome);
  }
  return counts;
}

std::string text_of(const OutcomeCounts& counts) {
  using Part = std::pair<unsigned, std::string_view>;
  const std::array parts{Part{counts.pass, "passed"}, Part{counts.fail, "failed"},
                         Part{counts.finding, "with findings"}, Part{counts.skip, "skipped"},
                         Part{counts.lost, "lost"}};
  std::string text;
  for (const auto& [count, word] : parts) {
    if (count > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
    }
  }
  return text.empty() ? "none" : text;
}

std::string text_of(const std::map<verdict::Verdict, unsigned>& verdicts) {
  std::string text;
  for (const auto& [verdict, count] : verdicts) {
    const auto word = verdict == verdict::Verdict::holds && count > 1 ? "hold" : verdict::name_of(verdict);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
  }
  return text;
}

std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts) {
  std::map<verdict::Verdict, unsigned> counts;
  for (const auto& one : verdicts) {
    ++counts[one.verdict];
  }
  return fmt::format("{} claim{}{}{}", verdicts.size(), plural(verdicts.size()), counts.empty() ? "" : ": ",
                     text_of(counts));
}

nlohmann::ordered_json object_from(std::string_view text) {
  auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::ordered_json::object();
}

std::string member(const nlohmann::ordered_json& object, const char* key) {
  const auto value = object.find(key);
  return value == object.end() ? "" : one_line(text_of_json(*value));
}

std::set<std::string> controls_of(const store::RunView& view) {
  std::set<std::string> controls;
  for (auto& source : experiment::claim_sources_in(view.run.experiment_toml)) {
    if (source.control) {
      controls.insert(std::move(source.claim));
    }
  }
  return controls;
}

std::string built_as(const store::KernelInfo& kernel) {
  const auto name = member(object_from(kernel.provenance), "variant");
  const auto release = one_line(kernel.release);
  return name.empty() || name == kernel.variant ? release : fmt::format("{}, {}", name, release);
}

std::string short_id(std::string_view id) { return one_line(id.substr(0, 12)); }

std::string trial_name(const trial::TrialKey& key) {
  return fmt::format("{}/{}/{} #{}", key.variant, key.machine, key.workload, key.repeat + 1);
}

std::string why_text(const trial::TrialRecord& record) {
  auto text = one_line(record.reason);
  for (const auto& check : record.checks) {
    if (!check.ok) {
      text += fmt::format("{}check {}: {}", text.empty() ? "" : "; ", one_line(check.name),
                          one_line(check.detail));
    }
  }
  return text;
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

std::string CellSummary::median_text() const {
  const auto summary = verdict::summary_of(measured_ms);
  return summary ? fmt::format("{:.1f}", summary->median) : "-";
}

std::vector<CellSummary> cells_of(const store::RunView& view) {
  std::vector<CellSummary> cells;
  for (const auto& record : view.trials) {
    auto cell = std::ranges::find_if(cells, [&](const CellSummary& one) {
      return one.workload == record.key.workload && one.variant == record.key.variant;
    });
    if (cell == cells.end()) {
      cell = cells.insert(cells.end(), CellSummary{record.key.workload, record.key.variant, {}, {}});
    }
    cell->counts.add(record.outcome);
    if (record.outcome == trial::Outcome::pass) {
      cell->measured_ms.push_back(static_cast<double>(record.measured.count()) / 1e6);
    }
  }
  std::vector<std::string> workloads;
  for (const auto& cell : cells) {
    workloads.push_back(cell.workload);
  }
  const Variants variants(view);
  std::ranges::stable_sort(cells, {}, [&](const CellSummary& cell) {
    return std::pair(std::ranges::find(workloads, cell.workload) - workloads.begin(),
                     variants.place(cell.variant));
  });
  return cells;
}

std::vector<KnownFinding> known_findings(const std::vector<trial::TrialRecord>& trials) {
  std::vector<KnownFinding> known;
  for (const auto& record : trials) {
    for (const auto& finding : record.findings) {
      auto same = std::find_if(known.begin(), known.end(), [&](const auto& one) {
        return one.report->fingerprint == finding.fingerprint;
      });
      if (same == known.end()) {
        same = known.insert(known.end(), {&finding, {}, record.key});
      }
      same->trials.push_back(trial_name(record.key));
    }
  }
  return known;
}

std::vector<std::string> quoted_lines(std::string_view text, std::size_t most, std::size_t width) {
  std::vector<std::string> lines;
  for (const auto line : split(trimmed(text), '\n')) {
    if (lines.size() == most) {
      lines.emplace_back("[...]");
      break;
    }
    auto safe = printable(line.substr(0, 4 * width));
    std::replace(safe.begin(), safe.end(), '\t', ' ');
    safe.erase(safe.find_last_not_of(' ') + 1);
    lines.push_back(safe.substr(0, width));
  }
  return lines;
}

nlohmann::ordered_json coverage_json(const verdict::KernelCoverage& kernel) {
  const auto coverage = probe::coverage_of(kernel.lines);
  return {{"variant", printable(kernel.variant)},
          {"kernel_id", printable(kernel.kernel_id)},
          {"coverage", coverage.text()},
          {"lines", coverage.lines},
          {"ran", coverage.ran},
          {"not_run", coverage.not_run},
          {"no_instruction", coverage.no_instruction},
          {"not_built", coverage.not_built},
          {"unwatched", coverage.unwatched},
          {"removed", coverage.removed}};
}

std::string again_command(const store::RunInfo& run) {
  return fmt::format("assay run{} {}", experiment::command_line(run.settings, true),
                     quoted_word(one_line(run.experiment)));
}

std::string again_command(const store::RunInfo& run, const trial::TrialKey& trial) {
  const auto word = [](const std::string& text) { return quoted_word(one_line(text)); };
  return fmt::format("assay run --workload {} --variant {} --machine {} --repeat {} --trials {}{} {}",
                     word(trial.workload), word(trial.variant), word(trial.machine), trial.repeat + 1,
                     trial.repeat + 1, experiment::command_line(run.settings, false), word(run.experiment));
}

}  // namespace assay::report
