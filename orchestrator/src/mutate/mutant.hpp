// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace assay::mutate {

/// What a mutant does to the source.
enum class Operator : std::uint8_t {
  drop_statement,      ///< a call, an assignment or the like is left out
  drop_lock,           ///< the same, of a call that takes or gives back a lock or a reference
  drop_jump,           ///< a goto, break, continue or return is left out
  negate,              ///< a condition is negated
  always,              ///< it is made constant, true
  never,               ///< it is made constant, false
  skip_error_path,     ///< the same where what it guards ends in a goto or a return
  drop_operand,        ///< one side of && or || is left out
  move_boundary,       ///< < becomes <=, a number is one more
  exchange_operator,   ///< == becomes !=, + becomes -, & becomes |
  replace_return,      ///< another value is returned
  exchange_arguments,  ///< two arguments of one type change places
  swap_statements,     ///< two statements change places
  drop_flag,           ///< one of several flags is left out
};
inline constexpr auto last_operator = Operator::drop_flag;
/// "statement left out", "condition negated", ...
[[nodiscard]] std::string_view name_of(Operator op);

/// One small change of a file: `length` bytes from `offset` on become `after`, which has as many lines, so
/// that all other lines keep their numbers.
struct Mutant {
  std::string id;  ///< 12 hexadecimal digits, over the file's text and the change
  Operator op = Operator::drop_statement;
  std::string file;      ///< below the kernel's tree: "mm/rmap.c"
  std::string function;  ///< that it is in
  unsigned line = 0;     ///< where it begins, from 1
  unsigned column = 0;   ///< from 1, in bytes
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string before;  ///< the bytes that go
  std::string after;
};

/// Of what mutants are made: what begins on one of the lines, and what is in one of the functions.
struct Wanted {
  std::set<unsigned> lines;  ///< from 1
  std::set<std::string> functions;
};

}  // namespace assay::mutate
