// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_operators.hpp"
#include "mutate/c_shape.hpp"

#include <fmt/format.h>

#include <map>

namespace assay::mutate {
namespace {

/// The condition of a node and the text that stands on both sides of it; nullptr when it has none.
struct Condition {
  const CNode* node = nullptr;
  std::string_view before;
  std::string_view behind;
  bool loop = false;
};

Condition condition_of(const CNode& node) {
  const auto part = [&](std::size_t number) {
    return number < node.inner.size() ? &node.inner[number] : nullptr;
  };
  if (node.kind == "IfStmt") {
    return {part(0), "(", ")", false};
  }
  if (node.kind == "ConditionalOperator") {
    return {part(0), "", "?", false};
  }
  if (node.kind == "WhileStmt") {
    return {part(0), "(", ")", true};
  }
  if (node.kind == "DoStmt") {
    return {part(1), "(", ")", true};
  }
  constexpr std::size_t third = 2;
  return node.kind == "ForStmt" ? Condition{part(third), ";", ";", true} : Condition{};
}

/// `text` so that something may follow it with || or &&, or precede it with !.
std::string guarded(const CChanges& changes, const CNode& node) {
  return is_primary(node, changes.tokens()) ? std::string(changes.text(node))
                                            : fmt::format("({})", changes.text(node));
}

/// The last statement of what an if guards leaves the place.
bool ends_in_jump(const CNode& body) {
  if (body.kind == "CompoundStmt") {
    return !body.inner.empty() && ends_in_jump(body.inner.back());
  }
  return body.kind == "GotoStmt" || body.kind == "ReturnStmt";
}

const CNode& only_statement(const CNode& body) {
  return body.kind == "CompoundStmt" && body.inner.size() == 1 ? body.inner.front() : body;
}

void make_constant(CChanges& changes, const CNode& condition, Operator op) {
  const bool value = op == Operator::always;
  const auto constant = value ? "1" : "0";
  changes.replace(op, condition.begin, condition.end,
                  has_effect(condition)
                      ? fmt::format("{} {} {}", guarded(changes, condition), value ? "||" : "&&", constant)
                      : constant);
}

}  // namespace

void negate(CChanges& changes, Operator op, const CNode& node) {
  static const std::map<std::string_view, std::string> contraries = {{"==", "!="}, {"!=", "=="}, {"<", ">="},
                                                                     {">=", "<"},  {">", "<="},  {"<=", ">"}};
  const auto& core = without_casts(node);
  const auto& tokens = changes.tokens();
  if (core.kind == "UnaryOperator" && core.opcode == "!" && core.inner.front().placed &&
      tokens.only(core.begin, core.inner.front().begin) != nullptr) {
    changes.replace(op, core.begin, core.end, std::string(changes.text(core.inner.front())));
    return;
  }
  if (const auto contrary = contraries.find(core.opcode);
      core.kind == "BinaryOperator" && contrary != contraries.end() && core.inner.size() == 2) {
    const auto* sign = tokens.only(core.inner[0].end, core.inner[1].begin);
    if (core.inner[0].placed && core.inner[1].placed && sign != nullptr &&
        tokens.text(*sign) == core.opcode) {
      changes.replace(op, sign->begin, sign->end, contrary->second);
      return;
    }
  }
  changes.replace(op, core.begin, core.end, "!" + guarded(changes, core));
}

void change_conditions(CChanges& changes, const CNode& node) {
  const auto [condition, before, behind, loop] = condition_of(node);
  const auto& tokens = changes.tokens();
  if (condition == nullptr || !condition->placed || is_constant(*condition) || is_arid(*condition, tokens) ||
      (!before.empty() && tokens.before(condition->begin) != before) ||
      tokens.behind(condition->end) != behind) {
    return;
  }
  negate(changes, Operator::negate, *condition);
  if (!loop) {
    make_constant(changes, *condition, Operator::always);
  }
  if (node.kind != "IfStmt" || node.inner.size() < 2) {
    make_constant(changes, *condition, Operator::never);
  } else if (!node.has_else && ends_in_jump(node.inner[1])) {
    make_constant(changes, *condition, Operator::skip_error_path);
  } else if (node.has_else || !is_droppable(changes, only_statement(node.inner[1]))) {
    make_constant(changes, *condition, Operator::never);  // otherwise the one statement is dropped
  }
}

}  // namespace assay::mutate
