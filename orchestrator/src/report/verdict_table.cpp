// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "experiment/experiment.hpp"
#include "report/layout.hpp"
#include "report/report.hpp"
#include "report/summary.hpp"
#include "verdict/coverage.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Side;
using verdict::Verdict;

std::string machine_text(const machine::MachineSpec& spec) {
  return fmt::format("{}: {}, {} vCPU{}, {}, cpu {}", spec.name, name_of(spec.arch), spec.vcpus,
                     plural(spec.vcpus), human(spec.memory), spec.cpu);
}

/// The machines that trials ran on, as the experiment describes them; by name alone when it no longer does.
std::vector<std::string> machine_lines(const RunView& view) {
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

std::string trials_line(const RunView& view) {
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

std::string kernel_lines(const std::vector<store::KernelInfo>& kernels) {
  std::size_t widest = 0;
  for (const auto& kernel : kernels) {
    widest = std::max(widest, cut(kernel.variant, 24).size());
  }
  std::string text;
  for (const auto& kernel : kernels) {
    const auto line = fmt::format("{}{:<{}} = ", text.empty() ? "kernels   " : "          ",
                                  cut(kernel.variant, 24), widest);
    text += line +
            cut(fmt::format("{} [{}]", kernel.release, short_id(kernel.id)), page_width - line.size()) + "\n";
  }
  return text;
}

/// Each probe that somebody asked for, and how many trials it was active in: it may have changed what they
/// did.
std::vector<std::string> probe_lines(const RunView& view) {
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

std::string header(const RunView& view, const Paint& paint) {
  const auto& run = view.run;
  std::string text = paint.bold(cut(run.experiment + ": " + run.title, page_width)) + "\n\n";
  text += wrapped("run       ", fmt::format("{}, started {}", run.id, run.started));
  text += kernel_lines(run.kernels);
  for (const auto& line : machine_lines(view)) {
    text += wrapped("machine   ", line);
  }
  const auto host = object_from(run.host);
  const auto accelerator = member(host, "accelerator");
  const auto qemu = member(host, "qemu");
  if (!accelerator.empty() || !qemu.empty()) {
    text += wrapped("emulated  ", accelerator + (accelerator.empty() || qemu.empty() ? "" : ", ") + qemu);
  }
  for (const auto& line : probe_lines(view)) {
    text += wrapped("probe     ", line);
  }
  return text + wrapped("trials    ", trials_line(view));
}

std::vector<std::string> row_of(const Side& side) {
  const auto summary = verdict::summary_of(side.values);
  const auto cell = [&](double value) { return summary ? verdict::number_text(value) : std::string("-"); };
  const auto shown = summary.value_or(verdict::Summary{});
  return {cut(side.variant, 24), fmt::format("{}", side.values.size()),
          cell(shown.min),       cell(shown.median),
          cell(shown.max),       cut(side.expected, 40)};
}

/// What a test compares: a number and its interval for each side.
std::vector<std::string> estimate_row_of(const Side& side) {
  const auto estimate = side.estimate.value_or(verdict::Estimate{});
  const auto cell = [&](double value) {
    return side.estimate && !side.values.empty() ? verdict::number_text(value) : std::string("-");
  };
  return {cut(side.variant, 24),       fmt::format("{}", side.values.size()), cell(estimate.value),
          cell(estimate.interval.low), cell(estimate.interval.high),          cut(side.expected, 40)};
}

std::string side_rows(const ClaimVerdict& claim) {
  const bool estimated = std::any_of(claim.sides.begin(), claim.sides.end(),
                                     [](const Side& side) { return side.estimate.has_value(); });
  std::vector<std::vector<std::string>> rows{{"variant", "trials", "min", "median", "max", "expected"}};
  if (estimated) {
    rows.front() = {"variant", "trials", "value", "from", "to", "expected"};
  }
  for (const auto& side : claim.sides) {
    rows.push_back(estimated ? estimate_row_of(side) : row_of(side));
  }
  return aligned("     ", "lrrrrl", rows);
}

/// "before #1-#10; after #1-#9".
std::string trials_text(const ClaimVerdict& claim) {
  std::string text;
  for (const auto& side : claim.sides) {
    const auto sources = verdict::sources_text(side);
    text += sources.empty() ? "" : fmt::format("{}{} {}", text.empty() ? "" : "; ", side.variant, sources);
  }
  return text;
}

/// ", -72 % of before", or nothing where base is none.
std::string part_of_base(const ClaimVerdict& claim) {
  const auto& base = claim.sides.front();
  const auto value = base.estimate.value_or(verdict::Estimate{}).value;
  return value == 0 ? ""
                    : fmt::format(", {:+.3g} % of {}", claim.test->effect.value / std::abs(value) * 100,
                                  base.variant);
}

std::string test_lines(const ClaimVerdict& claim) {
  const auto& test = *claim.test;
  auto text =
      wrapped("   effect: ", fmt::format("{}{}; {} % intervals", verdict::text_of(test.effect),
                                         part_of_base(claim), verdict::number_text(test.confidence * 100)));
  std::string correction;
  if (test.claims > 1) {
    correction = fmt::format("{} claims (Holm)", test.claims);
  }
  if (test.looks > 1) {
    correction += fmt::format("{}look {} of {}", correction.empty() ? "" : " and ", test.look, test.looks);
  }
  auto p = fmt::format("{} ({})", verdict::p_text(test.p), test.method);
  if (!correction.empty()) {
    p += fmt::format("; {} with {}", verdict::p_text(test.p_adjusted), correction);
  }
  return text + wrapped("   p: ", p);
}

std::string left_out(const ClaimVerdict& claim) {
  std::string text;
  for (const auto& side : claim.sides) {
    const auto counts = verdict::left_out_text(side);
    if (counts.empty()) {
      continue;
    }
    std::string why;
    for (const auto& reason : side.why_unusable) {
      why += (why.empty() ? "" : "; ") + one_line(reason);
    }
    const auto line = fmt::format("{}: {}", side.variant, counts) +
                      (why.empty() ? "" : fmt::format(" ({})", cut(why, 240)));
    text += wrapped("   left out: ", line);
  }
  return text;
}

std::string claim_block(std::size_t number, const ClaimVerdict& claim, const Paint& paint) {
  const auto word = name_of(claim.verdict);
  const auto mark = fmt::format("{}. ", number);
  const auto id = cut(claim.claim, page_width - mark.size() - word.size() - 2);
  std::string text = fmt::format("{}{}: {}\n", mark, paint.bold(id), paint.verdict(claim.verdict, word));
  if (!claim.coverage.empty()) {
    text += wrapped("   patch: ", claim.coverage);
  }
  text += wrapped("   ", claim.says);
  if (!claim.sides.empty()) {
    text += wrapped("   figure: ", claim.figure);
    text += side_rows(claim);
  }
  if (claim.test) {
    text += test_lines(claim);
  }
  if (!claim.rule.empty()) {
    text += wrapped("   rule: ", claim.rule);
  }
  if (claim.verdict != Verdict::holds) {
    text += wrapped("   why: ", claim.reason);
  }
  if (const auto trials = trials_text(claim); !trials.empty()) {
    text += wrapped("   trials: ", trials);
  }
  return text + left_out(claim);
}

/// What no claim could use, over all claims; one trial can be left out of several.
std::string footer(const RunView& view, const Paint& paint) {
  Side all;
  for (const auto& claim : view.verdicts) {
    for (const auto& side : claim.sides) {
      all.findings += side.findings;
      all.unmet += side.unmet;
      all.unusable += side.unusable;
    }
  }
  std::string text = paint.bold(verdict_counts(view.verdicts)) + "\n";
  if (const auto coverage = verdict::coverage_text(verdict::coverage_by_kernel(view.trials));
      !coverage.empty()) {
    text += wrapped("", fmt::format("Over all trials, {}.", coverage));
  }
  const auto counts = verdict::left_out_text(all);
  return counts.empty() ? text : text + wrapped("", "Left out of claims: " + counts + ".");
}

}  // namespace

std::string verdict_table(const RunView& view, bool colour) {
  const Paint paint(colour);
  std::string text = header(view, paint) + "\n";
  std::size_t number = 0;
  for (const auto& claim : view.verdicts) {
    text += claim_block(++number, claim, paint) + "\n";
  }
  return text + footer(view, paint);
}

}  // namespace assay::report
