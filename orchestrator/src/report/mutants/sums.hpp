// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What both reports on mutants say, before they escape it.
namespace assay::report {

/// "killed 31 of 36 mutants (86 %)": whole per cents, rounded down, so that 85 are 85; or that there is none.
[[nodiscard]] std::string score_text(const mutate::Score& score);
/// That, who killed them, and what became of the others: "...: 20 by a claim, 6 by a finding; 4 do not
/// compile, 3 are the same code, 0 waiting".
[[nodiscard]] std::string score_sentence(const mutate::Score& score);
/// "fixed: 57 lines of mm/rmap.c, of which 46 differ from leaking; in make_fail() and try_to_unmap_one()"
[[nodiscard]] std::string scope_text(const mutate::Score& score);
/// Which claims can notice a mutant, and which cannot, by name: a sentence each, if there are any.
[[nodiscard]] std::vector<std::string> judges_texts(const mutate::Score& score);

/// A head, a row for each operator of a mutant, their sum.
[[nodiscard]] std::vector<std::vector<std::string>> operator_rows(const mutate::Score& score);
/// A head, a row for each claim that killed a mutant, who killed most first.
[[nodiscard]] std::vector<std::vector<std::string>> claim_rows(const mutate::Score& score);
/// What to know of the claims that held and killed nothing; "" when there is none.
[[nodiscard]] std::string idle_claims_text(const mutate::Score& score);

/// "statement left out in make_fail()"
[[nodiscard]] std::string mutant_text(const mutate::Mutant& mutant);
/// "claim refuted: leaks-on-disk; 3 trials in RUN"; how its fate was found, for those that are not waiting.
[[nodiscard]] std::string fate_text(const mutate::Judged& judged);

/// The lines of a unified diff without its heads, each with its sign.
[[nodiscard]] std::vector<std::string_view> hunk_lines(std::string_view diff);
/// Those of them that go and come.
[[nodiscard]] std::vector<std::string_view> changed_lines(std::string_view diff);

/// The source lines, by their places.
class ScopeLines {
 public:
  explicit ScopeLines(const mutate::Score& score);
  /// Whether the line of a mutant ran, in words; "" when the scope does not have it.
  [[nodiscard]] std::string known_of(const mutate::Mutant& mutant) const;

 private:
  std::map<std::pair<std::string_view, unsigned>, const mutate::ScopeLine*> lines_;
};

}  // namespace assay::report
