// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/mutants/sums.hpp"

#include "base/text.hpp"
#include "report/names.hpp"
#include "report/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Judged;
using mutate::Killer;
using mutate::Score;

std::string_view killed_how(Killer killer) {
  switch (killer) {
    case Killer::claim:
      return "by a claim";
    case Killer::finding:
      return "by a finding";
    case Killer::check:
      return "by a check";
    case Killer::undecided:
      return "because a claim could not be decided any more";
    case Killer::boot:
      break;
  }
  return "because the kernel did not boot";
}

/// Each once, in their order.
void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (!text.empty() && std::ranges::find(texts, text) == texts.end()) {
    texts.push_back(text);
  }
}

/// How many mutants of a kind came to what.
struct Tally {
  std::size_t made = 0;
  std::array<std::size_t, static_cast<std::size_t>(mutate::last_fate) + 1> fates{};

  void add(Fate fate) {
    ++made;
    ++fates.at(static_cast<std::size_t>(fate));
  }

  [[nodiscard]] std::vector<std::string> row(std::string_view name) const {
    const auto of = [&](Fate fate) { return fates.at(static_cast<std::size_t>(fate)); };
    return {std::string(name),
            fmt::to_string(made),
            fmt::to_string(of(Fate::killed)),
            fmt::to_string(of(Fate::survived)),
            fmt::to_string(of(Fate::does_not_compile) + of(Fate::same_code)),
            fmt::to_string(of(Fate::waiting))};
  }
};

}  // namespace

std::string score_text(const Score& score) {
  const auto percent = score.percent();
  if (!percent) {
    return score.mutants.empty() ? "no mutants" : "no mutant was judged";
  }
  const auto killed = score.count(Fate::killed);
  const auto judged = killed + score.count(Fate::survived);
  return fmt::format("killed {} of {} mutant{} ({} %)", killed, judged, plural(judged),
                     static_cast<unsigned>(*percent));
}

std::string score_sentence(const Score& score) {
  std::string text;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(mutate::last_killer); ++i) {
    const auto killer = static_cast<Killer>(i);
    if (const auto count = score.count(killer); count > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, killed_how(killer));
    }
  }
  const auto broken = score.count(Fate::does_not_compile);
  const auto same = score.count(Fate::same_code);
  text +=
      fmt::format("{}{} {} not compile, {} {} the same code, {} waiting", text.empty() ? "" : "; ", broken,
                  broken == 1 ? "does" : "do", same, same == 1 ? "is" : "are", score.count(Fate::waiting));
  text = fmt::format("{}: {}", score_text(score), text);
  return score.more == 0 ? text
                         : fmt::format("{}; {} more {} not asked for", text, score.more,
                                       score.more == 1 ? "was" : "were");
}

std::string scope_text(const Score& score) {
  std::vector<std::string> files;
  for (const auto& line : score.lines) {
    add_once(files, line.file);
  }
  const auto patched =
      static_cast<std::size_t>(std::ranges::count(score.lines, true, &mutate::ScopeLine::patched));
  const auto lines = score.lines.size();
  auto text = fmt::format("{}: {} line{}", score.variant, lines, plural(lines));
  text += files.empty() ? "" : " of " + few(files);
  if (!score.base.empty()) {
    text += fmt::format(", of which {} differ{} from {}", patched, patched == 1 ? "s" : "", score.base);
  }
  std::vector<std::string> functions;
  for (const auto& one : score.mutants) {
    add_once(functions, one.mutant.function.empty() ? "" : one.mutant.function + "()");
  }
  return functions.empty() ? text : text + "; in " + few(functions);
}

std::vector<std::string> judges_texts(const Score& score) {
  std::vector<std::string> texts;
  const auto add = [&](const std::vector<std::string>& claims, std::string_view one, std::string_view many) {
    if (!claims.empty()) {
      texts.push_back(
          fmt::format("{} {}: {}", claims.size(), claims.size() == 1 ? one : many, listed(claims)));
    }
  };
  add(score.held, "holds and can notice a mutant", "hold and can notice a mutant");
  add(score.not_held, "does not hold and cannot", "do not hold and cannot");
  return texts;
}

std::vector<std::vector<std::string>> operator_rows(const Score& score) {
  std::array<Tally, static_cast<std::size_t>(mutate::last_operator) + 1> tallies{};
  Tally all;
  for (const auto& one : score.mutants) {
    tallies.at(static_cast<std::size_t>(one.mutant.op)).add(one.fate);
    all.add(one.fate);
  }
  std::vector<std::vector<std::string>> rows{
      {"operator", "made", "killed", "survived", "put aside", "waiting"}};
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    if (tallies.at(i).made > 0) {
      rows.push_back(tallies.at(i).row(name_of(static_cast<mutate::Operator>(i))));
    }
  }
  rows.push_back(all.row("all"));
  return rows;
}

std::vector<std::vector<std::string>> claim_rows(const Score& score) {
  struct Kills {
    std::string claim;
    std::size_t refuted = 0;
    std::size_t undecided = 0;
    std::size_t killed = 0;
  };
  std::vector<Kills> kills;
  for (const auto& one : score.mutants) {
    if (one.fate != Fate::killed || one.claim.empty()) {
      continue;
    }
    auto known = std::ranges::find(kills, one.claim, &Kills::claim);
    if (known == kills.end()) {
      known = kills.insert(kills.end(), {one.claim});
    }
    ++known->killed;
    known->refuted += one.killer == Killer::claim ? 1 : 0;
    known->undecided += one.killer == Killer::undecided ? 1 : 0;
  }
  std::ranges::stable_sort(kills, std::ranges::greater(), &Kills::killed);
  std::vector<std::vector<std::string>> rows{{"claim", "killed", "refuted", "undecided"}};
  for (const auto& one : kills) {
    rows.push_back(
        {one.claim, fmt::to_string(one.killed), fmt::to_string(one.refuted), fmt::to_string(one.undecided)});
  }
  return rows;
}

std::string idle_claims_text(const Score& score) {
  std::vector<std::string> idle;
  for (const auto& claim : score.held) {
    const bool killed = std::ranges::any_of(
        score.mutants, [&](const Judged& one) { return one.fate == Fate::killed && one.claim == claim; });
    if (!killed) {
      idle.push_back(claim);
    }
  }
  if (idle.empty() || !score.percent()) {
    return "";
  }
  const bool one = idle.size() == 1;
  return fmt::format("{} killed nothing: {}. What {} others see first, or these lines do not decide {}.",
                     idle.size(), listed(idle), one ? "it sees" : "they see", one ? "it" : "them");
}

std::string mutant_text(const mutate::Mutant& mutant) {
  return fmt::format("{}{}", name_of(mutant.op),
                     mutant.function.empty() ? "" : fmt::format(" in {}()", mutant.function));
}

std::string fate_text(const Judged& judged) {
  std::string text(judged.killer ? name_of(*judged.killer) : "");
  const auto add = [&](std::string_view between, const std::string& part) {
    text += (text.empty() || part.empty() ? "" : std::string(between)) + part;
  };
  add(": ", judged.claim);
  add("; ", judged.why);
  if (judged.trials > 0) {
    add("; ", fmt::format("{} trial{}", judged.trials, plural(judged.trials)) +
                  (judged.run.empty() ? "" : " in " + judged.run));
  }
  add(", ", judged.kernel_id.empty() ? "" : "kernel " + short_id(judged.kernel_id));
  return text;
}

std::vector<std::string_view> hunk_lines(std::string_view diff) {
  std::vector<std::string_view> lines;
  bool in_hunk = false;
  for (const auto line : split(diff, '\n')) {
    const bool head = line.starts_with("@@");
    if (in_hunk && !head && !line.empty()) {
      lines.push_back(line);
    }
    in_hunk = in_hunk || head;
  }
  return lines;
}

std::vector<std::string_view> changed_lines(std::string_view diff) {
  auto lines = hunk_lines(diff);
  std::erase_if(lines, [](auto line) { return !line.starts_with('+') && !line.starts_with('-'); });
  return lines;
}

ScopeLines::ScopeLines(const Score& score) {
  for (const auto& line : score.lines) {
    lines_.emplace(std::pair(std::string_view(line.file), line.line), &line);
  }
}

std::string ScopeLines::known_of(const mutate::Mutant& mutant) const {
  const auto found = lines_.find({mutant.file, mutant.line});
  if (found == lines_.end()) {
    return "";
  }
  const auto& line = *found->second;
  if (line.watched == 0) {
    return "nobody could see whether this line ran";
  }
  if (!line.ran) {
    return "no instruction of its own";
  }
  return fmt::format("{} of {} trial{} ran this line{}", *line.ran, line.watched, plural(line.watched),
                     *line.ran == 0 ? "" : ": no claim looks at what it does");
}

}  // namespace assay::report
