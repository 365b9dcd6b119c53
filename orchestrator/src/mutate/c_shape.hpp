// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/c_ast.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::mutate {

/// Below casts that nobody wrote.
[[nodiscard]] const CNode& without_casts(const CNode& node);
/// Below these and parentheses.
[[nodiscard]] const CNode& core_of(const CNode& node);

/// Name of the function that a call is of, or of the macro that it is written as; "" for what is no call.
[[nodiscard]] std::string called_name(const CNode& node, const CTokens& tokens);
/// Whether the node is one macro with its arguments.
[[nodiscard]] bool is_macro(const CNode& node, const CTokens& tokens);
/// A call, an assignment, ++ or the like is in it.
[[nodiscard]] bool has_effect(const CNode& node);
/// A call or assembly is in it.
[[nodiscard]] bool has_call(const CNode& node);
/// Made of numbers and enumerators only.
[[nodiscard]] bool is_constant(const CNode& node);
/// Not changed by a prefix: a name, a call, something in parentheses.
[[nodiscard]] bool is_primary(const CNode& node, const CTokens& tokens);
[[nodiscard]] bool is_pointer(std::string_view type);
[[nodiscard]] bool is_bool(std::string_view type);
/// A number that is no bool, float or enumeration.
[[nodiscard]] bool is_integer(std::string_view type);

/// An assertion, a message, a trace point: code that says what the rest does, and changes nothing.
[[nodiscard]] bool is_arid(const CNode& node, const CTokens& tokens);
/// What a statement is part of that is arid as a whole, if the statement is: only then does leaving that part
/// change nothing, either.
enum class AridPart : std::uint8_t { statement, loop, function };
/// A statement that has nothing but arid ones in it, and what they need: looking up what they are about, and
/// conditions.
[[nodiscard]] bool only_tells(const CNode& node, const CTokens& tokens, AridPart part);
[[nodiscard]] bool is_loop(const CNode& node);
/// Takes or gives back a lock or a reference, by its name.
[[nodiscard]] bool is_lock(std::string_view function);

}  // namespace assay::mutate
