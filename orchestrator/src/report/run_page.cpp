// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/report.hpp"
#include "report/summary.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace assay::report {
namespace {

constexpr std::size_t most_bad_trials = 50;
constexpr std::size_t most_finding_lines = 60;

std::string members_section(std::string_view title, const std::string& json, const Paint& paint) {
  const auto object = object_from(json);
  if (object.empty()) {
    return "";
  }
  std::string text = fmt::format("\n{}\n", paint.bold(title));
  for (const auto& [key, value] : object.items()) {
    text += wrapped("  " + cut(key, 30) + ": ", member(object, key.c_str()));
  }
  return text;
}

std::string kernels_section(const RunView& view, const Paint& paint) {
  if (view.run.kernels.empty()) {
    return "";
  }
  std::string text = fmt::format("\n{}\n", paint.bold("Kernels"));
  for (const auto& kernel : view.run.kernels) {
    text += wrapped(fmt::format("  {}: ", cut(kernel.variant, 30)), kernel.release);
    text += wrapped("    id: ", kernel.id);
    const auto provenance = object_from(kernel.provenance);
    for (const auto& [key, value] : provenance.items()) {
      const auto text_of_value = member(provenance, key.c_str());
      if (key != "id" && key != "release" && !text_of_value.empty() && text_of_value != "[]") {
        text += wrapped("    " + cut(key, 30) + ": ", cut(text_of_value, 300));
      }
    }
  }
  return text;
}

/// One row per workload and variant, in the order in which they first ended, a workload's variants together.
std::string cells_section(const RunView& view, const Paint& paint) {
  struct Cell {
    std::string workload;
    std::string variant;
    OutcomeCounts counts;
    std::vector<double> measured_ms;
  };
  std::vector<Cell> cells;
  for (const auto& record : view.trials) {
    auto cell = std::find_if(cells.begin(), cells.end(), [&](const Cell& one) {
      return one.workload == record.key.workload && one.variant == record.key.variant;
    });
    if (cell == cells.end()) {
      const auto behind = std::find_if(cells.rbegin(), cells.rend(),
                                       [&](const Cell& one) { return one.workload == record.key.workload; });
      cell = cells.insert(behind == cells.rend() ? cells.end() : behind.base(),
                          {record.key.workload, record.key.variant, {}, {}});
    }
    cell->counts.add(record.outcome);
    if (record.outcome == trial::Outcome::pass) {
      cell->measured_ms.push_back(static_cast<double>(record.measured.count()) / 1e6);
    }
  }
  if (cells.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> rows{{"workload", "variant", "median ms", "trials"}};
  for (const auto& cell : cells) {
    const auto summary = verdict::summary_of(cell.measured_ms);
    rows.push_back({cut(cell.workload, 28), cut(cell.variant, 16),
                    summary ? fmt::format("{:.1f}", summary->median) : "-", text_of(cell.counts)});
  }
  return fmt::format("\n{}\n", paint.bold("Trials (guest time that was measured)")) +
         aligned("  ", "llrl", rows);
}

std::string name_of_trial(const trial::TrialKey& key) {
  return fmt::format("{}/{}/{} #{}", key.variant, key.machine, key.workload, key.repeat + 1);
}

std::string bad_trials_section(const RunView& view, const Paint& paint) {
  std::string text;
  std::size_t count = 0;
  for (const auto& record : view.trials) {
    if (record.outcome == trial::Outcome::pass || ++count > most_bad_trials) {
      continue;
    }
    text += wrapped("  ", fmt::format("{}: {}: {}", name_of_trial(record.key), name_of(record.outcome),
                                      cut(record.reason, 300)));
    for (const auto& check : record.checks) {
      if (!check.ok) {
        text += wrapped("    ", fmt::format("check {}: {}", check.name, cut(check.detail, 300)));
      }
    }
    if (!record.folder.empty()) {
      text += wrapped("    ", "see " + record.folder);
    }
  }
  if (count > most_bad_trials) {
    text += fmt::format("  and {} more\n", count - most_bad_trials);
  }
  return text.empty() ? "" : fmt::format("\n{}\n", paint.bold("Trials that did not pass")) + text;
}

/// The lines of a console report, each made safe and cut; blank ones at the ends are gone.
std::string quoted_report(const std::string& report) {
  std::string text;
  std::size_t count = 0;
  for (const auto line : split(trimmed(report), '\n')) {
    if (++count > most_finding_lines) {
      return text + "    [...]\n";
    }
    auto safe = printable(line.substr(0, 400));
    std::replace(safe.begin(), safe.end(), '\t', ' ');
    safe.erase(safe.find_last_not_of(' ') + 1);
    text += safe.empty() ? "\n" : "    " + safe.substr(0, page_width - 4) + "\n";
  }
  return text;
}

std::string findings_section(const RunView& view, const Paint& paint) {
  struct Known {
    const trial::FindingReport* report;
    std::vector<std::string> trials;
  };
  std::vector<std::string> order;
  std::map<std::string, Known> known;
  for (const auto& record : view.trials) {
    for (const auto& finding : record.findings) {
      const auto [entry, added] = known.try_emplace(finding.fingerprint, Known{&finding, {}});
      if (added) {
        order.push_back(finding.fingerprint);
      }
      entry->second.trials.push_back(name_of_trial(record.key));
    }
  }
  std::string text;
  for (const auto& fingerprint : order) {
    const auto& one = known.at(fingerprint);
    text += wrapped("  ", fmt::format("{} {}", cut(fingerprint, 16), one.report->title));
    text += wrapped("    ", fmt::format("{} time{}, first in {}", one.trials.size(),
                                        plural(one.trials.size()), one.trials.front()));
    text += quoted_report(one.report->text);
  }
  return text.empty() ? "" : fmt::format("\n{}\n", paint.bold("Findings")) + text;
}

std::string losses_section(const RunView& view, const Paint& paint) {
  std::uint64_t frames = 0;
  std::uint64_t samples = 0;
  unsigned retried = 0;
  for (const auto& record : view.trials) {
    frames += record.dropped_frames;
    samples += record.dropped_samples;
    retried += record.attempts > 1 ? 1 : 0;
  }
  if (frames == 0 && samples == 0 && retried == 0) {
    return "";
  }
  return fmt::format("\n{}\n  {} frame{} and {} sample{} dropped, {} trial{} run twice\n",
                     paint.bold("Losses"), frames, plural(frames), samples, plural(samples), retried,
                     plural(retried));
}

}  // namespace

std::string run_page(const RunView& view, bool colour) {
  const Paint paint(colour);
  return verdict_table(view, colour) + cells_section(view, paint) + bad_trials_section(view, paint) +
         findings_section(view, paint) + losses_section(view, paint) + kernels_section(view, paint) +
         members_section("Settings", view.run.settings, paint) +
         members_section("Host", view.run.host, paint);
}

}  // namespace assay::report
