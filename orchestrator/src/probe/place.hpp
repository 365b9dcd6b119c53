// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace assay::probe {

/// Where the function begins, in each copy that the compiler made of it.
struct FunctionPlace {
  std::string function;
};
/// "do_mmap+0x1c": so many bytes behind a symbol.
struct OffsetPlace {
  std::string symbol;
  std::uint64_t offset = 0;
};
/// "mm/memory.c:5310"
struct LinePlace {
  std::string file;  ///< as in the source tree, or the last parts of it
  unsigned line = 0;
};
/// "isolate_migratepages_block: call folio_mapping": the instruction after the call.
struct CallPlace {
  std::string function;
  std::string target;
};
/// "clear_page: instruction rep stos": each instruction of the function that has the text, as objdump prints
/// it.
struct InstructionPlace {
  std::string function;
  std::string pattern;
};
/// "patch": every line that the variant's series adds or changes.
struct PatchPlace {};

/// A place in a kernel, before it is known where that lies.
using CodePlace =
    std::variant<FunctionPlace, OffsetPlace, LinePlace, CallPlace, InstructionPlace, PatchPlace>;

/// Error: usage, says what is accepted.
[[nodiscard]] Result<CodePlace> parse_place(std::string_view text);

}  // namespace assay::probe
