// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/again.hpp"
#include "report/counts.hpp"
#include "report/failures.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/stored_json.hpp"
#include "report/text/text.hpp"

#include <fmt/format.h>

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

std::string kernels_section(const store::RunView& view, const Paint& paint) {
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
      if (key != "id" && key != "release" && !text_of_value.empty()) {
        text += wrapped("    " + cut(key, 30) + ": ", cut(text_of_value, 300));
      }
    }
  }
  return text;
}

std::string cells_section(const store::RunView& view, const Paint& paint) {
  const auto cells = cells_of(view);
  if (cells.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> rows{{"variant", "workload", "median ms", "trials"}};
  for (const auto& cell : cells) {
    rows.push_back({cut(cell.variant, 16), cut(cell.workload, 28), cell.median_text(), text_of(cell.counts)});
  }
  return fmt::format("\n{}\n", paint.bold("Trials (guest time that was measured)")) +
         aligned("  ", "llrl", rows);
}

std::string bad_trials_section(const store::RunView& view, const Paint& paint) {
  std::string text;
  std::size_t count = 0;
  for (const auto& record : view.trials) {
    if (record.outcome == trial::Outcome::pass || ++count > most_bad_trials) {
      continue;
    }
    text += wrapped("  ", fmt::format("{}: {}: {}", trial_name(record.key), name_of(record.outcome),
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

std::string findings_section(const store::RunView& view, const Paint& paint) {
  constexpr std::size_t indent = 4;
  const Guests guests(view);
  std::string text;
  for (const auto& finding : known_findings(view.trials)) {
    const auto& [report, trials, first] = finding;
    text += wrapped("  ", fmt::format("{} {}", cut(report->fingerprint, 16), report->title));
    text += wrapped("    ", fmt::format("{} time{}, first in {}{}", trials.size(), plural(trials.size()),
                                        trials.front(), guests.circumstances(*first)));
    text += wrapped_command("    again: ", again_command(view.run, guests, *first));
    for (const auto& line : quoted_lines(report->text, most_finding_lines, page_width - indent)) {
      text += line.empty() ? "\n" : "    " + line + "\n";
    }
  }
  return text.empty() ? "" : fmt::format("\n{}\n", paint.bold("Findings")) + text;
}

std::string losses_section(const store::RunView& view, const Paint& paint) {
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

std::string run_page(const store::RunView& view, bool colour) {
  const Paint paint(colour);
  return verdict_table(view, colour) + cells_section(view, paint) + bad_trials_section(view, paint) +
         findings_section(view, paint) + losses_section(view, paint) + kernels_section(view, paint) +
         members_section("Settings", view.run.settings, paint) +
         members_section("Host", view.run.host, paint);
}

}  // namespace assay::report
