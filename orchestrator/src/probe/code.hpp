// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace assay::probe {

/// Guest addresses from `begin` up to `end`, without it.
struct CodeRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] bool holds(std::uint64_t address) const { return address >= begin && address < end; }
};

/// A row of the line tables.
struct LineRow {
  std::string file;  ///< as in the source tree: "mm/memory.c"
  unsigned line = 0;
  std::uint64_t address = 0;
};

}  // namespace assay::probe
