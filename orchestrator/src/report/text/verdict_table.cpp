// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/counts.hpp"
#include "report/grids.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/run_facts.hpp"
#include "report/text/text.hpp"
#include "report/wording.hpp"
#include "verdict/coverage.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Side;
using verdict::Verdict;

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
            cut(fmt::format("{} [{}]", built_as(kernel), short_id(kernel.id)), page_width - line.size()) +
            "\n";
  }
  return text;
}

std::string header(const store::RunView& view, const Paint& paint) {
  const auto& run = view.run;
  std::string text = paint.bold(cut(run.experiment + ": " + run.title, page_width)) + "\n\n";
  text += wrapped("run       ", fmt::format("{}, started {}", run.id, run.started));
  text += kernel_lines(run.kernels);
  for (const auto& line : machine_texts(view)) {
    text += wrapped("machine   ", line);
  }
  if (const auto emulator = emulator_text(view); !emulator.empty()) {
    text += wrapped("emulated  ", emulator);
  }
  for (const auto& line : probe_texts(view)) {
    text += wrapped("probe     ", line);
  }
  return text + wrapped("trials    ", trials_text(view));
}

std::string side_table(const ClaimVerdict& claim) {
  auto rows = side_rows(claim);
  for (auto& row : rows) {
    row.front() = cut(row.front(), 24);
    row.back() = cut(row.back(), 40);
  }
  return aligned("     ", "lrrrrl", rows);
}

std::string claim_block(std::size_t number, const ClaimVerdict& claim, bool is_control, const Paint& paint) {
  const auto word = name_of(claim.verdict);
  const auto mark = fmt::format("{}. ", number);
  const std::string_view kind = is_control ? " (control)" : "";
  const auto id = cut(claim.claim, page_width - mark.size() - word.size() - kind.size() - 2);
  std::string text =
      fmt::format("{}{}: {}{}\n", mark, paint.bold(id), paint.verdict(claim.verdict, word), kind);
  if (!claim.coverage.empty()) {
    text += wrapped("   patch: ", claim.coverage);
  }
  text += wrapped("   ", claim.says);
  if (!claim.sides.empty()) {
    text += wrapped("   figure: ", claim.figure);
    text += side_table(claim);
  }
  if (claim.test) {
    text += wrapped("   effect: ", fmt::format("{}; {} % intervals", effect_text(claim),
                                               verdict::number_text(claim.test->confidence * 100)));
    text += wrapped("   p: ", test_text(*claim.test));
  }
  if (!claim.rule.empty()) {
    text += wrapped("   rule: ", claim.rule);
  }
  if (claim.verdict != Verdict::holds) {
    text += wrapped("   why: ", claim.reason);
  }
  if (const auto trials = sources_text(claim); !trials.empty()) {
    text += wrapped("   trials: ", trials);
  }
  for (const auto& line : left_out_texts(claim)) {
    text += wrapped("   left out: ", line);
  }
  return text;
}

/// What no claim could use, over all claims; one trial can be left out of several.
std::string footer(const store::RunView& view, const Paint& paint) {
  Side all;
  for (const auto& claim : view.verdicts) {
    for (const auto& side : claim.sides) {
      all.findings += side.findings;
      all.unmet += side.unmet;
      all.unusable += side.unusable;
    }
  }
  std::string text = paint.bold(verdict_counts(view.verdicts)) + "\n";
  const auto controls = controls_of(view);
  if (const auto count = std::ranges::count_if(
          view.verdicts, [&](const auto& claim) { return controls.contains(claim.claim); });
      count > 0) {
    text += wrapped("", fmt::format("{} of them {}: where the patch changes nothing.", count,
                                    count == 1 ? "is a control" : "are controls"));
  }
  if (const auto coverage = verdict::coverage_text(verdict::coverage_by_kernel(view.trials));
      !coverage.empty()) {
    text += wrapped("", fmt::format("Over all trials, {}.", coverage));
  }
  if (const auto taint = taint_text(view); !taint.empty()) {
    text += wrapped("", taint);
  }
  const auto counts = verdict::left_out_text(all);
  return counts.empty() ? text : text + wrapped("", "Left out of claims: " + counts + ".");
}

}  // namespace

std::string claim_text(std::size_t number, const ClaimVerdict& claim) {
  return claim_block(number, claim, false, Paint(false));
}

std::string verdict_table(const store::RunView& view, bool colour) {
  const Paint paint(colour);
  std::string text = header(view, paint) + "\n";
  const auto controls = controls_of(view);
  std::size_t number = 0;
  for (const auto& claim : view.verdicts) {
    text += claim_block(++number, claim, controls.contains(claim.claim), paint) + "\n";
  }
  return text + grids_text(view) + footer(view, paint);
}

}  // namespace assay::report
