// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::mutate {

std::string_view name_of(Operator op) {
  static constexpr std::array<std::string_view, 14> names = {
      "statement left out",  "lock left out",        "jump left out",         "condition negated",
      "condition made true", "condition made false", "error path skipped",    "operand left out",
      "boundary moved",      "operator exchanged",   "return value replaced", "arguments exchanged",
      "statements swapped",  "flag left out"};
  return names.at(static_cast<std::size_t>(op));
}

std::string_view name_of(Fate fate) {
  static constexpr std::array<std::string_view, 5> names = {"killed", "survived", "does not compile",
                                                            "same code", "waiting"};
  return names.at(static_cast<std::size_t>(fate));
}

std::string_view name_of(Killer killer) {
  static constexpr std::array<std::string_view, 5> names = {"claim refuted", "finding", "check failed",
                                                            "claim undecided", "no boot"};
  return names.at(static_cast<std::size_t>(killer));
}

std::string told_of(const Judged& one) {
  const auto by = !one.killer                        ? ""
                  : *one.killer == Killer::claim     ? fmt::format(" by claim {}", one.claim)
                  : *one.killer == Killer::undecided ? fmt::format(", claim {} undecided", one.claim)
                                                     : fmt::format(", {}", name_of(*one.killer));
  return fmt::format("{}:{} {}: {}{}{}", one.mutant.file, one.mutant.line, name_of(one.mutant.op),
                     name_of(one.fate), by, one.why.empty() ? "" : ": " + one.why);
}

std::size_t Score::count(Fate fate) const {
  return static_cast<std::size_t>(std::ranges::count(mutants, fate, &Judged::fate));
}

std::size_t Score::count(Killer killer) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      mutants, [&](const Judged& one) { return one.fate == Fate::killed && one.killer == killer; }));
}

std::optional<double> Score::percent() const {
  const auto killed = static_cast<double>(count(Fate::killed));
  const auto judged = killed + static_cast<double>(count(Fate::survived));
  return judged > 0 ? std::optional(100 * killed / judged) : std::nullopt;
}

}  // namespace assay::mutate
