// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "probe/code.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::probe {

/// One instruction as objdump prints it, blanks as one: "call ffffffff81199e30 <do_fault>".
struct Instruction {
  std::uint64_t address = 0;
  std::string text;
};

/// The instructions of objdump's output; other lines are left out.
[[nodiscard]] std::vector<Instruction> read_disassembly(std::string_view output);

/// The instructions of `ranges`. Error: infrastructure: no objdump for the architecture.
Task<Result<std::vector<Instruction>>> disassemble(std::filesystem::path vmlinux, Arch arch,
                                                   std::vector<CodeRange> ranges);

/// What the instruction calls, as a symbol without what the compiler adds (".isra.0"); "" when it calls none.
[[nodiscard]] std::string called_by(const Instruction& instruction);

}  // namespace assay::probe
