// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_operators.hpp"
#include "mutate/c_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace assay::mutate {
namespace {

using Exchanges = std::map<std::string_view, std::string>;

/// The operator between the two sides, when all three stand in the file.
const CToken* sign_of(const CChanges& changes, const CNode& node) {
  if (node.inner.size() != 2 || !node.inner[0].placed || !node.inner[1].placed) {
    return nullptr;
  }
  const auto* sign = changes.tokens().only(node.inner[0].end, node.inner[1].begin);
  return sign != nullptr && changes.tokens().text(*sign) == node.opcode ? sign : nullptr;
}

/// A literal that is one more than it is; "" when the text is no plain number.
std::string one_more(std::string_view literal) {
  constexpr int decimal = 10;
  constexpr int hexadecimal = 16;
  const bool hex = literal.starts_with("0x") || literal.starts_with("0X");
  const auto digits = literal.substr(hex ? 2 : 0);
  unsigned long long value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? hexadecimal : decimal);
  if (error != std::errc() || (!hex && digits.size() > 1 && digits.front() == '0')) {
    return "";
  }
  const auto suffix = digits.substr(static_cast<std::size_t>(end - digits.data()));
  return hex ? fmt::format("0x{:x}{}", value + 1, suffix) : fmt::format("{}{}", value + 1, suffix);
}

/// x < 5 with a number one more is x <= 5, which is made by moving the boundary.
void move_number(CChanges& changes, const CNode& node) {
  for (const std::size_t side : {0U, 1U}) {
    const auto& literal = without_casts(node.inner[side]);
    const bool same =
        side == 1 ? node.opcode == "<" || node.opcode == ">=" : node.opcode == ">" || node.opcode == "<=";
    if (literal.kind == "IntegerLiteral" && literal.placed && !same) {
      if (auto more = one_more(changes.text(literal)); !more.empty()) {
        changes.replace(Operator::move_boundary, literal.begin, literal.end, std::move(more));
      }
    }
  }
}

void exchange_sign(CChanges& changes, const CNode& node) {
  static const Exchanges boundaries = {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}};
  static const Exchanges all = {{"==", "!="}, {"!=", "=="}, {"+", "-"},
                                {"-", "+"},   {"<<", ">>"}, {">>", "<<"}};
  const auto* sign = sign_of(changes, node);
  if (sign == nullptr) {
    return;
  }
  const auto replace = [&](Operator op, const Exchanges& exchanges) {
    if (const auto found = exchanges.find(node.opcode); found != exchanges.end()) {
      changes.replace(op, sign->begin, sign->end, found->second);
    }
  };
  replace(Operator::move_boundary, boundaries);
  if (boundaries.contains(node.opcode) || node.opcode == "==" || node.opcode == "!=") {
    move_number(changes, node);
    replace(Operator::exchange_operator, all);
  } else if (!is_pointer(node.inner[0].type) && !is_pointer(node.inner[1].type)) {
    replace(Operator::exchange_operator, all);
  }
}

/// The operands of a && b && c, or of a | b | c.
void flatten(const CNode& node, std::string_view opcode, std::vector<const CNode*>& operands) {
  const auto& core = without_casts(node);
  if (core.kind == "BinaryOperator" && core.opcode == opcode && core.inner.size() == 2 &&
      core.macro == node.macro) {
    flatten(core.inner[0], opcode, operands);
    flatten(core.inner[1], opcode, operands);
  } else {
    operands.push_back(&node);
  }
}

void drop_each(CChanges& changes, Operator op, const std::vector<const CNode*>& operands,
               std::string_view opcode) {
  const auto& tokens = changes.tokens();
  for (std::size_t number = 0; number < operands.size(); ++number) {
    const auto& left = *operands[number == 0 ? 0 : number - 1];
    const auto& right = *operands[number == 0 ? 1 : number];
    const auto* sign = left.placed && right.placed ? tokens.only(left.end, right.begin) : nullptr;
    if (sign == nullptr || tokens.text(*sign) != opcode || is_arid(*operands[number], tokens)) {
      continue;
    }
    if (number == 0) {
      changes.replace(op, left.begin, right.begin, "");
    } else {
      changes.replace(op, left.end, right.end, "");
    }
  }
}

bool all_constant(const std::vector<const CNode*>& operands) {
  return std::ranges::all_of(operands, [](const CNode* one) { return is_constant(*one); });
}

void change_bits(CChanges& changes, const CNode& node, bool truth) {
  std::vector<const CNode*> operands;
  flatten(node, node.opcode, operands);
  if (node.opcode == "|" && all_constant(operands)) {
    drop_each(changes, Operator::drop_flag, operands, node.opcode);
  } else if (const auto* sign = sign_of(changes, node); sign != nullptr && !(truth && node.opcode == "&")) {
    changes.replace(Operator::exchange_operator, sign->begin, sign->end, node.opcode == "&" ? "|" : "&");
  }
}

void change_binary(CChanges& changes, const CNode& node, bool truth) {
  if (node.opcode == "&&" || node.opcode == "||") {
    std::vector<const CNode*> operands;
    flatten(node, node.opcode, operands);
    drop_each(changes, Operator::drop_operand, operands, node.opcode);
  } else if (node.opcode == "&" || node.opcode == "|") {
    change_bits(changes, node, truth);
  } else {
    exchange_sign(changes, node);
  }
}

void change_assignment(CChanges& changes, const CNode& node) {
  static const Exchanges exchanges = {{"+=", "-="}, {"-=", "+="}, {"|=", "&="}, {"&=", "|="}};
  const auto* sign = sign_of(changes, node);
  const auto found = exchanges.find(node.opcode);
  if (sign != nullptr && found != exchanges.end() && !is_pointer(node.inner[0].type)) {
    changes.replace(Operator::exchange_operator, sign->begin, sign->end, found->second);
  }
}

void change_step(CChanges& changes, const CNode& node) {
  if (!node.placed || node.inner.size() != 1 || !node.inner[0].placed || is_pointer(node.type)) {
    return;
  }
  const auto& operand = node.inner.front();
  const bool prefix = operand.begin > node.begin;
  const auto* sign = prefix ? changes.tokens().only(node.begin, operand.begin)
                            : changes.tokens().only(operand.end, node.end);
  if (sign != nullptr && changes.tokens().text(*sign) == node.opcode) {
    changes.replace(Operator::exchange_operator, sign->begin, sign->end, node.opcode == "++" ? "--" : "++");
  }
}

/// Of one type where they are written, and where they arrive.
bool exchangeable(const CNode& one, const CNode& other) {
  const auto& first = without_casts(one).type;
  const auto& second = without_casts(other).type;
  return one.type == other.type && (first == second || (!is_pointer(first) && !is_pointer(second)));
}

void exchange_arguments(CChanges& changes, const CNode& call) {
  if (call.inner.empty() || core_of(call.inner.front()).target != "FunctionDecl") {
    return;
  }
  for (std::size_t number = 1; number + 1 < call.inner.size(); ++number) {
    const auto& one = call.inner[number];
    const auto& other = call.inner[number + 1];
    const auto* comma = one.placed && other.placed ? changes.tokens().only(one.end, other.begin) : nullptr;
    if (comma == nullptr || changes.tokens().text(*comma) != "," || !exchangeable(one, other)) {
      continue;
    }
    changes.replace(
        Operator::exchange_arguments, one.begin, other.end,
        fmt::format("{}{}{}", changes.text(other), changes.text(one.end, other.begin), changes.text(one)));
  }
}

/// What is returned instead of an integer.
std::string other_number(const CNode& value, std::string_view type) {
  const auto& core = core_of(value);
  if (core.kind == "IntegerLiteral" && core.value == "0") {
    return type.find("unsigned") == std::string_view::npos ? "-22" : "1";
  }
  return "0";
}

}  // namespace

void change_expression(CChanges& changes, const CNode& node, bool truth) {
  if (node.kind == "BinaryOperator") {
    change_binary(changes, node, truth);
  } else if (node.kind == "CompoundAssignOperator") {
    change_assignment(changes, node);
  } else if (node.kind == "UnaryOperator" && (node.opcode == "++" || node.opcode == "--")) {
    change_step(changes, node);
  } else if (node.kind == "CallExpr") {
    exchange_arguments(changes, node);
  }
}

void change_return(CChanges& changes, const CNode& node) {
  if (node.inner.empty()) {
    return;
  }
  const auto& value = node.inner.front();
  const auto& tokens = changes.tokens();
  if (!value.placed || tokens.before(value.begin) != "return" || tokens.behind(value.end) != ";") {
    return;
  }
  const auto text = changes.text(value);
  const auto replace = [&](const std::string& other) {
    changes.replace(Operator::replace_return, value.begin, value.end,
                    has_effect(value) ? fmt::format("((void)({}), {})", text, other) : other);
  };
  if (text == "true" || text == "false") {
    replace(text == "true" ? "false" : "true");
  } else if (is_bool(value.type)) {
    negate(changes, Operator::replace_return, value);
  } else if (is_pointer(value.type)) {
    if (text != "NULL" && text != "0") {
      replace("NULL");
    }
  } else if (is_integer(value.type)) {
    replace(other_number(value, value.type));
  }
}

}  // namespace assay::mutate
