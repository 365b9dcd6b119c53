// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/mutants/mutants.hpp"
#include "report/mutants/sums.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Score;

std::string titled(std::string_view title, const std::string& body, const Paint& paint) {
  return body.empty() ? "" : fmt::format("\n{}\n", paint.bold(title)) + body;
}

std::string score_facts(const Score& score) {
  std::string text = wrapped("experiment  ", score.experiment);
  text += score.baseline.empty() ? "" : wrapped("baseline    ", score.baseline);
  text += wrapped("mutated     ", scope_text(score));
  std::string_view name = "claims      ";
  for (const auto& judges : judges_texts(score)) {
    text += wrapped(name, judges);
    name = "            ";
  }
  return text;
}

std::string claims_part(const Score& score) {
  auto rows = claim_rows(score);
  for (auto& row : rows) {
    row.front() = cut(row.front(), 48);
  }
  const auto idle = idle_claims_text(score);
  return (rows.size() > 1 ? aligned("  ", "lrrr", rows) : "") + (idle.empty() ? "" : wrapped("  ", idle));
}

/// A line of code with its tabs as a terminal shows them, behind the sign that a diff gives it.
std::string untabbed(std::string_view line) {
  std::string text;
  for (const char c : printable(line)) {
    text += c == '\t' ? std::string(8 - text.size() % 8, ' ') : std::string(1, c);
  }
  return text;
}

/// What a diff changes, moved to the left together, so that more of it is seen.
std::string diff_part(std::string_view diff, const Paint& paint) {
  constexpr std::string_view indent = "    ";
  struct Changed {
    char sign;
    std::string code;
  };
  std::vector<Changed> lines;
  std::size_t common = std::string::npos;
  for (const auto line : changed_lines(diff)) {
    lines.push_back({line.front(), untabbed(line.substr(1))});
    common = std::min(common, lines.back().code.find_first_not_of(' '));
  }
  std::string text;
  for (auto& [sign, code] : lines) {
    code.erase(0, std::min(common, code.size()));
    code.erase(code.find_last_not_of(' ') + 1);
    const auto most = page_width - indent.size() - 1;
    if (code.size() > most) {
      code.resize(most - 3);
      code += "...";
    }
    const auto shown = sign + code;
    text += fmt::format("{}{}\n", indent, sign == '-' ? paint.dim(shown) : shown);
  }
  return text;
}

std::string mutant_line(const mutate::Mutant& mutant) {
  return wrapped("  ",
                 fmt::format("{}:{} {} ({})", mutant.file, mutant.line, mutant_text(mutant), mutant.id));
}

std::string survivors_part(const Score& score, const Paint& paint) {
  const ScopeLines lines(score);
  std::string text;
  for (const auto& one : score.mutants) {
    if (one.fate != Fate::survived) {
      continue;
    }
    text += (text.empty() ? "" : "\n") + mutant_line(one.mutant) + diff_part(one.diff, paint);
    const auto known = lines.known_of(one.mutant);
    text += known.empty() ? "" : wrapped("    ", known);
    const auto how = fate_text(one);
    text += how.empty() ? "" : wrapped("    ", how);
  }
  return text;
}

std::string fate_word(Fate fate, const Paint& paint) {
  const auto name = name_of(fate);
  return fate == Fate::killed     ? paint.good(name)
         : fate == Fate::survived ? paint.bad(name)
                                  : std::string(name);
}

std::string all_part(const Score& score, const Paint& paint) {
  std::string text;
  for (const auto& one : score.mutants) {
    text += (text.empty() ? "" : "\n") + mutant_line(one.mutant) + "    " + fate_word(one.fate, paint) + "\n";
    const auto how = fate_text(one);
    text += how.empty() ? "" : wrapped("    ", how);
    text += diff_part(one.diff, paint);
  }
  return text;
}

}  // namespace

std::string mutants_text(const Score& score, bool all, bool colour) {
  const Paint paint(colour);
  const auto begin = score_text(score);
  auto text = paint.bold(begin) + wrapped("", score_sentence(score)).substr(begin.size()) + "\n";
  text += score_facts(score);
  if (!score.mutants.empty()) {
    text += titled("By operator", aligned("  ", "lrrrrr", operator_rows(score)), paint);
  }
  text += titled("By claim", claims_part(score), paint);
  text += titled("Survivors", survivors_part(score, paint), paint);
  return all ? text + titled("All mutants", all_part(score, paint), paint) : text;
}

}  // namespace assay::report
