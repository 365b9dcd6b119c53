// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "probe/debug_info.hpp"
#include "probe/place.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::probe {

/// One instruction that a place stands for.
struct Spot {
  std::uint64_t address = 0;
  std::string where;  ///< "do_fault", "do_pte_missing+0x1a3, inlined": for people
};

/// The instructions of a place, all copies of it, by address. Not for "patch", which is more than one place.
/// Error: usage: there is no such place, with the nearest candidates; or the build dropped it.
Task<Result<std::vector<Spot>>> resolve(const DebugInfo& info, Arch arch, CodePlace place);

/// "do_fault+0x12" for people, as the symbol table has it.
[[nodiscard]] std::string address_text(const DebugInfo& info, std::uint64_t address);

}  // namespace assay::probe
