// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "mutate/c_ast.hpp"
#include "mutate/mutant.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::mutate {

/// All mutants of the wanted code, by offset. There are none of assertions and messages, none in what a macro
/// made (its arguments are the file's own), and no two make the same change.
/// Error: infrastructure when clang-19 is not there, usage when it does not understand the file or the file
/// does not define one of the functions.
Task<Result<std::vector<Mutant>>> mutants_of(CFile file, Wanted wanted);

/// At most `most` of them, in the same order: lines come first, one mutant each, round after round, and among
/// those of a line the operators that were used least. Equal mutants give an equal choice.
[[nodiscard]] std::vector<Mutant> chosen(std::vector<Mutant> all, std::size_t most);

/// The file's text with the mutant's change.
[[nodiscard]] std::string mutated(std::string_view text, const Mutant& mutant);

}  // namespace assay::mutate
