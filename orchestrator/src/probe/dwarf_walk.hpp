// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "probe/code.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

struct Dwarf;

namespace assay::probe {

/// A function's body as DWARF has it.
struct FoundCopy {
  std::string name;
  std::uint64_t die = 0;  ///< its offset in .debug_info: names the copy
  std::uint64_t entry = 0;
  std::vector<CodeRange> ranges;
  unsigned depth = 0;  ///< of inlining
  bool inlined = false;
  bool nested_in_itself = false;
};

/// All bodies of all functions.
[[nodiscard]] std::vector<FoundCopy> find_copies(Dwarf* dwarf);
/// See DebugInfo::rows_of, function_lines_of and source_files.
[[nodiscard]] std::vector<LineRow> find_rows(Dwarf* dwarf, const std::vector<std::string>& files);
[[nodiscard]] std::vector<LineRow> find_function_lines(Dwarf* dwarf, const std::vector<std::string>& files);
[[nodiscard]] std::vector<std::string> find_source_files(Dwarf* dwarf);

/// "mm/memory.c" for "./mm/memory.c" and "/build/linux/mm/memory.c" below `root`.
[[nodiscard]] std::string source_path(std::string_view path, std::string_view root);
/// Whether `path` is `wanted` or ends in it, part by part.
[[nodiscard]] bool path_ends_in(std::string_view path, std::string_view wanted);

}  // namespace assay::probe
