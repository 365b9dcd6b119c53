// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "mutate/c_tokens.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::mutate {

/// A source file of C and how clang compiles it.
struct CFile {
  std::string name;                ///< below `tree`: "mm/rmap.c"
  std::string text;                ///< its whole text; what `tree` has under its name is not read
  std::filesystem::path tree;      ///< where clang runs
  std::vector<std::string> flags;  ///< -I, -D, -include, -std, --target, -ivfsoverlay, ...
};

/// One node of clang's tree.
struct CNode {
  std::string kind;    ///< clang's word: "IfStmt"; "" for a part that is not there, as a for's condition
  std::string opcode;  ///< "&&", "++"
  std::string name;    ///< of the function, variable, enumerator or member
  std::string target;  ///< what `name` is: "FunctionDecl", "EnumConstantDecl", ...
  std::string type;    ///< without typedefs
  std::string value;   ///< of a literal
  bool has_else = false;
  /// It stands in these bytes of the file. Otherwise it is a part of what a macro made.
  bool placed = false;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string macro;  ///< that its first token comes from, or is an argument of
  std::vector<CNode> inner;
};

/// The definition of `function` of which the body begins at `open`; nothing when there is none (another
/// branch of an #if was compiled). Error: infrastructure when clang-19 is not there, usage when it does not
/// understand the file, with its first error.
Task<Result<std::optional<CNode>>> c_function(const CFile& file, const CTokens& tokens, std::string function,
                                              std::size_t open);

}  // namespace assay::mutate
