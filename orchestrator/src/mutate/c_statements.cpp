// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_operators.hpp"

#include "base/text.hpp"
#include "mutate/c_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace assay::mutate {
namespace {

bool is_jump(const CNode& node) {
  return node.kind == "GotoStmt" || node.kind == "BreakStmt" || node.kind == "ContinueStmt" ||
         node.kind == "ReturnStmt";
}

/// A whole statement: it stands between the end of another and its semicolon.
bool is_whole(const CTokens& tokens, const CNode& node) {
  static constexpr std::array<std::string_view, 7> ends = {";", "{", "}", ":", ")", "else", "do"};
  return node.placed && tokens.behind(node.end) == ";" &&
         std::ranges::find(ends, tokens.before(node.begin)) != ends.end();
}

/// What a statement does, as far as names tell.
struct Touched {
  std::set<std::string> names;
  std::string written;    ///< variable or member that it assigns to
  bool acquires = false;  ///< by the name of the function that it calls
  bool releases = false;
  bool orders = false;
};

void collect_names(const CNode& node, std::set<std::string>& names) {
  if (!node.name.empty() && node.target != "FunctionDecl") {
    names.insert(node.name);
  }
  for (const auto& one : node.inner) {
    collect_names(one, names);
  }
}

Touched touched_by(const CNode& node, const CTokens& tokens) {
  Touched result;
  collect_names(node, result.names);
  const bool writes = node.opcode == "=" || node.opcode == "++" || node.opcode == "--" ||
                      node.kind == "CompoundAssignOperator";
  if (writes && !node.inner.empty()) {
    result.written = core_of(node.inner.front()).name;
  }
  const auto name = called_name(node, tokens);
  const auto says = [&](const std::set<std::string_view>& words) {
    return std::ranges::any_of(split(name, '_'), [&](std::string_view one) { return words.contains(one); });
  };
  result.acquires = says({"lock", "get", "down", "start", "begin", "init"});
  result.releases = says({"unlock", "put", "up", "done", "end", "finish", "free"});
  result.orders = says({"flush", "clear", "invalidate"});
  return result;
}

/// Whether another order is likely to make a difference: most pairs of statements do not mind.
bool depend(const Touched& one, const Touched& other) {
  if (other.names.contains(one.written) || one.names.contains(other.written)) {
    return true;
  }
  const bool share =
      std::ranges::any_of(one.names, [&](const std::string& name) { return other.names.contains(name); });
  const bool guards = (one.acquires && !other.acquires) || (other.releases && !one.releases);
  return share && (guards || one.orders || other.orders);
}

}  // namespace

bool is_droppable(const CChanges& changes, const CNode& statement) {
  const auto& tokens = changes.tokens();
  const auto& core = without_casts(statement);
  const bool acts = core.kind == "CallExpr" || core.kind == "CompoundAssignOperator" ||
                    (core.kind == "BinaryOperator" && core.opcode == "=") || core.opcode == "++" ||
                    core.opcode == "--" || (is_macro(core, tokens) && has_effect(core));
  return acts && is_whole(tokens, core) && !is_arid(core, tokens);
}

void drop(CChanges& changes, const CNode& statement, CPlace place) {
  const auto& tokens = changes.tokens();
  const auto& core = without_casts(statement);
  if (is_droppable(changes, core)) {
    const auto op = is_lock(called_name(core, tokens)) ? Operator::drop_lock : Operator::drop_statement;
    changes.replace(op, core.begin, core.end, "");
    return;
  }
  const bool needless = place.last && (core.kind == "ContinueStmt" || core.kind == "ReturnStmt");
  const bool leads_out = place.last_of_function && core.kind == "ReturnStmt";
  if (is_jump(core) && is_whole(tokens, core) && !place.alone && !needless && !leads_out) {
    changes.replace(Operator::drop_jump, core.begin, core.end, "");
  }
}

void swap(CChanges& changes, const CNode& first, const CNode& second) {
  const auto& tokens = changes.tokens();
  const auto& one = without_casts(first);
  const auto& two = without_casts(second);
  if (!is_droppable(changes, one) || !is_droppable(changes, two) || !changes.wants(two.begin) ||
      changes.line_of(one.begin) == changes.line_of(two.begin) || changes.text(one) == changes.text(two) ||
      !depend(touched_by(one, tokens), touched_by(two, tokens))) {
    return;
  }
  changes.replace(
      Operator::swap_statements, one.begin, two.end,
      fmt::format("{}{}{}", changes.text(two), changes.text(one.end, two.begin), changes.text(one)));
}

}  // namespace assay::mutate
