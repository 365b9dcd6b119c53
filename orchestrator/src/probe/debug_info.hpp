// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "probe/code.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::probe {

/// A name of the ELF symbol table that stands for code.
struct CodeSymbol {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

/// One body that the compiler made of a function: by itself (also as a clone), or inlined into another.
struct FunctionCopy {
  std::uint64_t entry = 0;
  std::vector<CodeRange> ranges;
  std::string symbol;  ///< the ELF symbol that has the entry
  bool inlined = false;
  /// A piece that is only reached from another copy of the same function (".part", nested inlining): calls of
  /// the function do not begin here.
  bool piece = false;
};

/// What a kernel's vmlinux says about its own code. Reads are cached; not for several threads.
class DebugInfo {
 public:
  /// Error: infrastructure: not an ELF file, damaged.
  [[nodiscard]] static Result<DebugInfo> open(const std::filesystem::path& vmlinux);
  DebugInfo(DebugInfo&&) noexcept;
  DebugInfo& operator=(DebugInfo&&) noexcept;
  DebugInfo(const DebugInfo&) = delete;
  DebugInfo& operator=(const DebugInfo&) = delete;
  ~DebugInfo();

  [[nodiscard]] const std::filesystem::path& file() const;
  /// Whether there is more than symbols: copies by inlining, and lines.
  [[nodiscard]] bool has_lines() const;

  /// By exact name; several when files have static functions of one name.
  [[nodiscard]] std::vector<CodeSymbol> symbols_named(std::string_view name) const;
  /// The symbol whose code holds `address`, or nullptr.
  [[nodiscard]] const CodeSymbol* symbol_at(std::uint64_t address) const;

  /// All copies of the function that have code, by address. Without debug information, those with a symbol.
  [[nodiscard]] std::vector<FunctionCopy> copies_of(std::string_view function) const;
  /// Names of functions and symbols, for suggestions.
  [[nodiscard]] std::vector<std::string> function_names() const;

  /// The rows of all files whose path ends in one of `files` (whole parts), by file, line and address.
  [[nodiscard]] std::vector<LineRow> rows_of(const std::vector<std::string>& files) const;
  /// Where the functions of these files begin that have code, inlined or not, by file and line; `address` is
  /// 0.
  [[nodiscard]] std::vector<LineRow> function_lines_of(const std::vector<std::string>& files) const;
  /// Paths of all source files that code, data or declarations come from, sorted.
  [[nodiscard]] std::vector<std::string> source_files() const;
  /// The innermost function copy that holds `address`: a number that is equal for equal copies.
  [[nodiscard]] std::uint64_t scope_of(std::uint64_t address) const;

 private:
  class Reader;
  explicit DebugInfo(std::unique_ptr<Reader> reader);
  std::unique_ptr<Reader> reader_;
};

}  // namespace assay::probe
