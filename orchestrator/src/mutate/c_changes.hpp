// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/c_ast.hpp"
#include "mutate/mutant.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace assay::mutate {

/// The mutants of one file that were found so far.
class CChanges {
 public:
  /// All must outlive this.
  CChanges(const CFile& file, const CTokens& tokens, const Wanted& wanted);

  void enter(std::string function) { function_ = std::move(function); }
  /// Notes a mutant of the bytes unless they are not wanted, hold a line of the preprocessor, or are changed
  /// like that by another one. `after` gets the lines that it has less.
  void replace(Operator op, std::size_t begin, std::size_t end, std::string after);

  [[nodiscard]] bool wants(std::size_t offset) const;
  [[nodiscard]] unsigned line_of(std::size_t offset) const;
  [[nodiscard]] const CTokens& tokens() const { return tokens_; }
  [[nodiscard]] std::string_view text(std::size_t begin, std::size_t end) const {
    return tokens_.file().substr(begin, end - begin);
  }
  [[nodiscard]] std::string_view text(const CNode& node) const { return text(node.begin, node.end); }
  /// By offset; this is used up.
  [[nodiscard]] std::vector<Mutant> take();

 private:
  [[nodiscard]] std::string id_of(const Mutant& mutant) const;

  const CFile& file_;
  const CTokens& tokens_;
  const Wanted& wanted_;
  std::string function_;
  std::string text_hash_;
  std::vector<std::size_t> line_begins_;
  std::set<std::tuple<std::size_t, std::size_t, std::string>> made_;
  std::vector<Mutant> found_;
};

}  // namespace assay::mutate
