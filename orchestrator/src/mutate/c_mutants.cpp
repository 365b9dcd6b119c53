// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_mutants.hpp"

#include "base/text.hpp"
#include "mutate/c_changes.hpp"
#include "mutate/c_operators.hpp"
#include "mutate/c_shape.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>

namespace assay::mutate {
namespace {

/// Goes through a function and asks each operator.
class Walk {
 public:
  explicit Walk(CChanges& changes) : changes_(changes) {}

  void function(const CNode& node) {
    for (const auto& one : node.inner) {
      if (one.kind == "CompoundStmt" && !only_tells(one, changes_.tokens(), AridPart::function)) {
        statement(one, {.alone = false, .last = true, .last_of_function = true});
      }
    }
  }

 private:
  /// Of a `truth` counts only whether it is 0.
  void expression(const CNode& node, bool truth = false) {
    if (is_arid(node, changes_.tokens())) {
      return;
    }
    if (node.kind == "StmtExpr") {
      for (const auto& one : node.inner) {
        statement(one, {});
      }
      return;
    }
    change_conditions(changes_, node);
    change_expression(changes_, node, truth);
    const bool passes = node.kind == "ParenExpr" || node.kind == "ImplicitCastExpr";
    const bool asks = node.opcode == "!" || node.opcode == "&&" || node.opcode == "||";
    for (const auto& one : node.inner) {
      expression(one,
                 asks || (passes && truth) || (node.kind == "ConditionalOperator" && &one == &node.inner[0]));
    }
  }

  void statement(const CNode& node, CPlace place) {
    if (node.kind.empty() || is_arid(node, changes_.tokens())) {
      return;
    }
    if (is_macro(node, changes_.tokens())) {
      drop(changes_, node, place);
      expression(node);
    } else if (node.kind == "CompoundStmt") {
      block(node, place);
    } else if (node.kind == "IfStmt") {
      branch(node, place);
    } else if (node.kind == "LabelStmt") {
      statement(node.inner.back(), place);
    } else if (is_loop(node)) {
      loop(node);
    } else if (node.kind == "SwitchStmt" || node.kind == "CaseStmt" || node.kind == "DefaultStmt") {
      parts(node);
    } else {
      drop(changes_, node, place);
      if (node.kind == "ReturnStmt") {
        change_return(changes_, node);
      }
      expression(node);
    }
  }

  void block(const CNode& node, CPlace place) {
    for (std::size_t number = 0; number < node.inner.size(); ++number) {
      const bool last = number + 1 == node.inner.size();
      CPlace inside = last ? place : CPlace{};
      inside.alone = place.alone && node.inner.size() == 1;
      statement(node.inner[number], inside);
      if (!last) {
        swap(changes_, node.inner[number], node.inner[number + 1]);
      }
    }
  }

  void branch(const CNode& node, CPlace place) {
    if (node.inner.size() < 2 || is_arid(node.inner[0], changes_.tokens()) ||
        only_tells(node, changes_.tokens(), AridPart::statement)) {
      return;
    }
    change_conditions(changes_, node);
    expression(node.inner[0], true);
    CPlace inside = place;
    inside.alone = !node.has_else;
    inside.last_of_function = false;
    statement(node.inner[1], inside);
    if (constexpr std::size_t other = 2; node.inner.size() > other) {
      inside.alone = false;
      statement(node.inner[other], inside);
    }
  }

  void loop(const CNode& node) {
    if (only_tells(node, changes_.tokens(), AridPart::loop)) {
      return;
    }
    change_conditions(changes_, node);
    const auto body = node.kind == "DoStmt" ? 0 : node.inner.size() - 1;
    constexpr std::size_t step_of_for = 3;
    for (std::size_t number = 0; number < node.inner.size(); ++number) {
      if (number == body) {
        statement(node.inner[number], {.alone = false, .last = true, .last_of_function = false});
      } else if (node.kind != "ForStmt" || number != step_of_for) {
        expression(node.inner[number], true);  // a loop that steps the other way only hangs
      }
    }
  }

  void parts(const CNode& node) {
    for (std::size_t number = 0; number < node.inner.size(); ++number) {
      if (number + 1 == node.inner.size()) {
        statement(node.inner[number], {});
      } else {
        expression(node.inner[number]);
      }
    }
  }

  CChanges& changes_;
};

/// Numbers of a body's lines that are wanted, or its whole function.
bool touches(const CChanges& changes, const CBody& body, const Wanted& wanted) {
  const auto first = wanted.lines.lower_bound(changes.line_of(body.open));
  return (first != wanted.lines.end() && *first <= changes.line_of(body.close)) ||
         std::ranges::any_of(body.names,
                             [&](const std::string& name) { return wanted.functions.contains(name); });
}

Status all_are_there(const CFile& file, const std::vector<CBody>& bodies, const Wanted& wanted) {
  std::vector<std::string> names;
  for (const auto& body : bodies) {
    names.insert(names.end(), body.names.begin(), body.names.end());
  }
  for (const auto& function : wanted.functions) {
    if (std::ranges::find(names, function) == names.end()) {
      return fail(Failure::usage, "cannot make mutants of {}: {} has no such function{}", function, file.name,
                  did_you_mean(function, names));
    }
  }
  return {};
}

}  // namespace

Task<Result<std::vector<Mutant>>> mutants_of(CFile file, Wanted wanted) {
  const CTokens tokens(file.text);
  const auto bodies = bodies_of(tokens);
  if (auto there = all_are_there(file, bodies, wanted); !there) {
    co_return there.error();
  }
  CChanges changes(file, tokens, wanted);
  std::set<std::string> missing = wanted.functions;
  for (const auto& body : bodies) {
    if (!touches(changes, body, wanted)) {
      continue;
    }
    for (const auto& name : body.names) {
      auto function = co_await c_function(file, tokens, name, body.open);
      if (!function) {
        co_return function.error();
      }
      if (*function) {
        missing.erase(name);
        changes.enter(name);
        Walk(changes).function(**function);
        break;
      }
    }
  }
  if (!missing.empty()) {
    co_return fail(Failure::usage, "cannot make mutants of {}: this configuration does not compile it ({})",
                   *missing.begin(), file.name);
  }
  co_return changes.take();
}

std::vector<Mutant> chosen(std::vector<Mutant> all, std::size_t most) {
  std::map<std::pair<std::string, unsigned>, std::vector<std::size_t>> lines;
  for (std::size_t number = 0; number < all.size(); ++number) {
    lines[{all[number].file, all[number].line}].push_back(number);
  }
  std::map<Operator, std::size_t> used;
  std::set<std::size_t> taken;
  while (taken.size() < most && !lines.empty()) {
    const auto count = lines.size();
    const auto round = std::min(most - taken.size(), count);
    std::size_t place = 0;
    std::size_t picked = 0;
    for (auto line = lines.begin(); line != lines.end(); ++place) {
      // Fewer than there are lines: from all over the code.
      if (picked == round || place != picked * count / round) {
        ++line;
        continue;
      }
      ++picked;
      auto& left = line->second;
      const auto best =
          std::ranges::min_element(left, {}, [&](std::size_t one) { return used[all[one].op]; });
      ++used[all[*best].op];
      taken.insert(*best);
      left.erase(best);
      line = left.empty() ? lines.erase(line) : std::next(line);
    }
  }
  std::vector<Mutant> result;
  for (const auto number : taken) {
    result.push_back(std::move(all[number]));
  }
  return result;
}

std::string mutated(std::string_view text, const Mutant& mutant) {
  std::string result(text);
  return result.replace(mutant.offset, mutant.length, mutant.after);
}

}  // namespace assay::mutate
