// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_shape.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace assay::mutate {
namespace {

/// Beginnings of names. Petrović and Ivanković ("State of Mutation Testing at Google", ICSE-SEIP 2018) call
/// such nodes arid: a mutant of a message or an assertion lives without telling anything about the tests.
constexpr std::array<std::string_view, 21> arid_names = {
    "VM_BUG_ON",     "VM_WARN",   "WARN",       "BUG",         "BUILD_BUG", "MMU_WARN", "lockdep_",
    "pr_",           "printk",    "_printk",    "__warn",      "trace_",    "might_",   "cond_resched",
    "static_assert", "dump_page", "dump_stack", "kasan_check", "kcsan_",    "ASSERT_",  "page_table_check"};

template <class Test>
bool any_node(const CNode& node, const Test& test) {
  return test(node) || std::ranges::any_of(node.inner, [&](const CNode& one) { return any_node(one, test); });
}

/// Functions that find one thing by another.
constexpr std::array<std::string_view, 7> lookups = {"page_folio",   "compound_head", "_compound_head",
                                                     "pfn_to_page",  "page_to_pfn",   "pfn_folio",
                                                     "virt_to_folio"};

bool is_step(const CNode& node) { return node.opcode == "++" || node.opcode == "--"; }

bool is_assignment(const CNode& node) {
  return node.kind == "CompoundAssignOperator" || (node.kind == "BinaryOperator" && node.opcode == "=");
}

}  // namespace

const CNode& without_casts(const CNode& node) {
  const bool passes = node.kind == "ImplicitCastExpr" || node.kind == "ConstantExpr";
  return passes && !node.inner.empty() ? without_casts(node.inner.front()) : node;
}

const CNode& core_of(const CNode& node) {
  const auto& core = without_casts(node);
  return core.kind == "ParenExpr" && !core.inner.empty() ? core_of(core.inner.front()) : core;
}

bool is_macro(const CNode& node, const CTokens& tokens) {
  return node.placed && !node.macro.empty() && tokens.behind(node.begin) == node.macro &&
         tokens.macro_end(node.begin) == node.end;
}

std::string called_name(const CNode& node, const CTokens& tokens) {
  const auto& call = without_casts(node);
  if (is_macro(call, tokens)) {
    return call.macro;
  }
  return call.kind == "CallExpr" && !call.inner.empty() ? core_of(call.inner.front()).name : std::string();
}

bool has_call(const CNode& node) {
  return any_node(node, [](const CNode& one) {
    return one.kind == "CallExpr" || one.kind == "StmtExpr" || one.kind == "GCCAsmStmt";
  });
}

bool has_effect(const CNode& node) {
  return has_call(node) ||
         any_node(node, [](const CNode& one) { return is_step(one) || is_assignment(one); });
}

bool is_constant(const CNode& node) {
  static const std::set<std::string> harmless_kinds = {
      "IntegerLiteral",           "CharacterLiteral",   "ParenExpr",      "ImplicitCastExpr",
      "CStyleCastExpr",           "UnaryOperator",      "BinaryOperator", "ConstantExpr",
      "UnaryExprOrTypeTraitExpr", "ConditionalOperator"};
  const bool fits =
      harmless_kinds.contains(node.kind) || (node.kind == "DeclRefExpr" && node.target == "EnumConstantDecl");
  return fits && !is_step(node) && !is_assignment(node) && std::ranges::all_of(node.inner, is_constant);
}

bool is_primary(const CNode& node, const CTokens& tokens) {
  const auto& core = without_casts(node);
  return core.kind == "CallExpr" || core.kind == "DeclRefExpr" || core.kind == "MemberExpr" ||
         core.kind == "ParenExpr" || core.kind == "ArraySubscriptExpr" || core.kind == "IntegerLiteral" ||
         is_macro(core, tokens);
}

bool is_pointer(std::string_view type) {
  return type.ends_with("*") || type.ends_with("*const") || type.ends_with("]");
}

bool is_bool(std::string_view type) { return type == "bool" || type == "_Bool"; }

bool is_integer(std::string_view type) {
  static const std::set<std::string_view> words = {"unsigned", "signed", "char",    "short",
                                                   "int",      "long",   "__int128"};
  return std::ranges::all_of(split(type, ' '), [](std::string_view word) { return words.contains(word); });
}

bool is_arid(const CNode& node, const CTokens& tokens) {
  const auto arid = [](std::string_view name) {
    return std::ranges::any_of(arid_names, [&](std::string_view one) { return name.starts_with(one); });
  };
  // What only begins with such a macro, as `WARN_ON(x) || y`, has more to it.
  const bool beyond =
      node.placed && tokens.behind(node.begin) == node.macro && node.end > tokens.macro_end(node.begin);
  return (!node.macro.empty() && arid(node.macro) && !beyond) || arid(called_name(node, tokens));
}

bool is_loop(const CNode& node) {
  return node.kind == "WhileStmt" || node.kind == "DoStmt" || node.kind == "ForStmt";
}

bool only_tells(const CNode& node, const CTokens& tokens, AridPart part) {
  const auto tells = [&](const CNode& one) { return only_tells(one, tokens, part); };
  if (node.kind.empty() || is_arid(node, tokens)) {
    return true;
  }
  if (node.kind == "CompoundStmt") {
    return std::ranges::all_of(node.inner, tells);
  }
  if (node.kind == "DeclStmt") {
    return !any_node(node, [&](const CNode& one) {
      return is_step(one) || is_assignment(one) || one.kind == "GCCAsmStmt" ||
             (one.kind == "CallExpr" &&
              std::ranges::find(lookups, called_name(one, tokens)) == lookups.end());
    });
  }
  if (node.kind == "IfStmt" && node.inner.size() > 1) {
    return !any_node(node.inner[0], is_assignment) &&
           std::all_of(node.inner.begin() + 1, node.inner.end(), tells);
  }
  if (is_loop(node)) {
    return only_tells(node.kind == "DoStmt" ? node.inner.front() : node.inner.back(), tokens,
                      std::max(part, AridPart::loop));
  }
  const bool jumps = node.kind == "ContinueStmt" || node.kind == "BreakStmt";
  return (jumps && part != AridPart::statement) ||
         (node.kind == "ReturnStmt" && node.inner.empty() && part == AridPart::function);
}

bool is_lock(std::string_view function) {
  static const std::set<std::string_view> words = {"lock", "unlock", "trylock", "get",    "put",
                                                   "down", "up",     "ref",     "preempt"};
  const auto parts = split(function, '_');
  return std::ranges::any_of(parts, [&](std::string_view part) { return words.contains(part); });
}

}  // namespace assay::mutate
