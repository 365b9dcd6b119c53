// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/again.hpp"
#include "report/counts.hpp"
#include "report/failures.hpp"
#include "report/formats/formats.hpp"
#include "report/grids.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/run_facts.hpp"
#include "report/text/text.hpp"
#include "report/wording.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Verdict;

constexpr std::size_t markdown_line_width = 200;
// GitHub takes 65,536 characters: the folded parts are cut so that the verdicts always come through.
constexpr std::size_t markdown_findings = 5;
constexpr std::size_t markdown_finding_lines = 40;
constexpr std::size_t markdown_bad_trials = 30;
constexpr std::size_t most_folded = 24'000;

/// Text that Markdown shows as it is: no markup, no mention of a person or an issue.
std::string plain(std::string_view text) {
  std::string safe;
  for (const char c : one_line(text)) {
    if (c == '<' || c == '>' || c == '&' || c == '@' || c == '#') {
      safe += fmt::format("&#{};", static_cast<unsigned>(c));
    } else {
      safe += std::string_view("\\`*_{}[]~|").find(c) == std::string_view::npos ? "" : "\\";
      safe += c;
    }
  }
  return safe;
}

/// A span of code, also inside a table.
std::string code(std::string_view text) {
  std::string safe;
  for (const char c : one_line(text)) {
    safe += c == '|' ? "\\|" : c == '`' ? "'" : std::string(1, c);
  }
  return safe.empty() ? "" : "`" + safe + "`";
}

/// A block of lines with a fence that none of them can close.
std::string fenced(const std::string& text) {
  std::size_t longest = 2;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}text\n{}{}\n", fence, text, fence);
}

std::string folded(std::string_view title, const std::string& body) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title, body);
}

std::string_view symbol_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "\u2714";
    case Verdict::refuted:
      return "\u2718";
    case Verdict::inconclusive:
      return "?";
    case Verdict::not_run:
      break;
  }
  return "\u2013";
}

std::string claim_row(const ClaimVerdict& claim, bool is_control) {
  auto says =
      fmt::format("**{}**{}<br>{}", plain(claim.claim), is_control ? " (control)" : "", plain(claim.says));
  if (claim.verdict != Verdict::holds) {
    says += fmt::format("<br>*why:* {}", plain(claim.reason));
  }
  auto figures = code(claim.figure);
  for (const auto& side : claim.sides) {
    const auto expected = side.expected.empty() ? "" : fmt::format(", expected {}", plain(side.expected));
    figures += fmt::format("<br>{}: {}{}", plain(side.variant), plain(side_text(side)), expected);
  }
  if (claim.test) {
    figures +=
        fmt::format("<br>effect: {}<br>p = {}", plain(effect_text(claim)), plain(test_text(*claim.test)));
  }
  if (!claim.coverage.empty()) {
    figures += "<br>" + plain(claim.coverage);
  }
  return fmt::format("| {} | {} {} | {} |\n", says, symbol_of(claim.verdict), name_of(claim.verdict),
                     figures);
}

std::string claims_table(const store::RunView& view) {
  std::string text = "| claim | verdict | figures |\n|---|---|---|\n";
  const auto controls = controls_of(view);
  for (const auto& claim : view.verdicts) {
    text += claim_row(claim, controls.contains(claim.claim));
  }
  return view.verdicts.empty() ? "" : text;
}

std::string folded_bad_trials(const store::RunView& view) {
  std::string text;
  std::size_t count = 0;
  for (const auto& record : view.trials) {
    if (record.outcome == trial::Outcome::pass || ++count > markdown_bad_trials) {
      continue;
    }
    text += fmt::format("- {}: {}: {}\n", plain(trial_name(record.key)), name_of(record.outcome),
                        plain(cut(why_text(record), markdown_line_width)));
  }
  if (count > markdown_bad_trials) {
    text += fmt::format("- and {} more\n", count - markdown_bad_trials);
  }
  return text.empty() ? "" : folded(fmt::format("{} trial{} did not pass", count, plural(count)), text);
}

std::string folded_findings(const store::RunView& view) {
  const auto known = known_findings(view.trials);
  std::string text;
  for (std::size_t i = 0; i < std::min(known.size(), markdown_findings); ++i) {
    const auto& [report, trials, first] = known[i];
    text += fmt::format("{}, fingerprint {}, in {} trial{}, first in {}\n\n",
                        plain(cut(report->title, markdown_line_width)), code(report->fingerprint),
                        trials.size(), plural(trials.size()), plain(trials.front()));
    std::string lines;
    for (const auto& line : quoted_lines(report->text, markdown_finding_lines, markdown_line_width)) {
      lines += line + "\n";
    }
    text += fenced(lines) + "\n";
  }
  if (known.size() > markdown_findings) {
    text += fmt::format("and {} more\n", known.size() - markdown_findings);
  }
  return text.empty() ? "" : folded(fmt::format("{} finding{}", known.size(), plural(known.size())), text);
}

std::string folded_figures(const store::RunView& view) {
  auto text = verdict_table(view, false);
  if (text.size() > most_folded) {
    text.resize(text.rfind('\n', most_folded) + 1);
    text += "[...]\n";
  }
  return folded("All figures, as plain text", fenced(text));
}

std::string folded_provenance(const store::RunView& view) {
  std::string text = "| | |\n|---|---|\n";
  for (const auto& kernel : view.run.kernels) {
    text +=
        fmt::format("| kernel {} | {} {} |\n", plain(kernel.variant), plain(kernel.release), code(kernel.id));
  }
  for (const auto& machine : machine_texts(view)) {
    text += fmt::format("| machine | {} |\n", plain(machine));
  }
  if (const auto emulator = emulator_text(view); !emulator.empty()) {
    text += fmt::format("| emulated | {} |\n", plain(emulator));
  }
  for (const auto& probe : probe_texts(view)) {
    text += fmt::format("| probe | {} |\n", plain(probe));
  }
  if (const auto patch = verdict::coverage_text(verdict::coverage_by_kernel(view.trials)); !patch.empty()) {
    text += fmt::format("| patch | {} |\n", plain(patch));
  }
  text += fmt::format("| run | {} |\n| again | {} |\n", code(view.run.id), code(again_command(view.run)));
  return folded("Kernels, machine, and how to run it again", text);
}

}  // namespace

std::string run_markdown(const store::RunView& view) {
  auto text = fmt::format("### {}: {}\n\n", plain(view.run.experiment), plain(view.run.title));
  text += fmt::format("**{}.** Trials: {}.\n\n", verdict_counts(view.verdicts), plain(trials_text(view)));
  if (const auto taint = taint_text(view); !taint.empty()) {
    text += taint + "\n\n";
  }
  const auto grids = grids_text(view);
  text += claims_table(view) + (grids.empty() ? "" : "\n" + fenced(grids));
  return text + folded_bad_trials(view) + folded_findings(view) + folded_figures(view) +
         folded_provenance(view);
}

}  // namespace assay::report
