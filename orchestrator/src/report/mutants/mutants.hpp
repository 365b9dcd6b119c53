// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"

#include <string>
#include <string_view>

/// What became of the mutants of a patch, for people.
namespace assay::report {

/// Plain text of at most 80 columns: the score, what was mutated, what each operator and claim came to, the
/// survivors; with `all` each mutant, too. `colour` adds SGR codes only.
[[nodiscard]] std::string mutants_text(const mutate::Score& score, bool all, bool colour);

/// The same as one HTML file that needs nothing else and runs no script, with the source lines and each
/// mutant beside its line. Sources are shown as text. `program` writes it: "Assay 0.1.0".
[[nodiscard]] std::string mutants_html(const mutate::Score& score, std::string_view program);

}  // namespace assay::report
