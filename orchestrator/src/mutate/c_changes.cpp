// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_changes.hpp"

#include "base/hash.hpp"

#include <algorithm>

namespace assay::mutate {
namespace {

std::ptrdiff_t newlines(std::string_view text) { return std::ranges::count(text, '\n'); }

}  // namespace

CChanges::CChanges(const CFile& file, const CTokens& tokens, const Wanted& wanted)
    : file_(file), tokens_(tokens), wanted_(wanted), text_hash_(sha256(file.text)), line_begins_{0} {
  for (std::size_t at = 0; at < file.text.size(); ++at) {
    if (file.text[at] == '\n') {
      line_begins_.push_back(at + 1);
    }
  }
}

unsigned CChanges::line_of(std::size_t offset) const {
  return static_cast<unsigned>(std::ranges::upper_bound(line_begins_, offset) - line_begins_.begin());
}

bool CChanges::wants(std::size_t offset) const {
  return wanted_.functions.contains(function_) || wanted_.lines.contains(line_of(offset));
}

void CChanges::replace(Operator op, std::size_t begin, std::size_t end, std::string after) {
  const auto before = text(begin, std::max(begin, end));
  const auto missing = newlines(before) - newlines(after);
  if (begin >= end || before == after || missing < 0 || !wants(begin) || tokens_.directed(begin, end)) {
    return;
  }
  after.append(static_cast<std::size_t>(missing), '\n');
  if (!made_.emplace(begin, end, after).second) {
    return;
  }
  Mutant mutant;
  mutant.op = op;
  mutant.file = file_.name;
  mutant.function = function_;
  mutant.line = line_of(begin);
  mutant.column = static_cast<unsigned>(begin - line_begins_[mutant.line - 1]) + 1;
  mutant.offset = begin;
  mutant.length = end - begin;
  mutant.before = before;
  mutant.after = std::move(after);
  mutant.id = id_of(mutant);
  found_.push_back(std::move(mutant));
}

std::string CChanges::id_of(const Mutant& mutant) const {
  constexpr std::size_t digits = 12;
  Hasher hasher;
  hasher.add("file", file_.name);
  hasher.add("text", text_hash_);
  hasher.add("offset", std::to_string(mutant.offset));
  hasher.add("before", mutant.before);
  hasher.add("after", mutant.after);
  return hasher.finish().substr(0, digits);
}

std::vector<Mutant> CChanges::take() {
  std::ranges::stable_sort(found_, {}, &Mutant::offset);
  return std::move(found_);
}

}  // namespace assay::mutate
