// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

/// Both ends look into programs before they are run, to say what is in the way.
namespace assay::wire {

struct ElfProgram {
  unsigned machine = 0;  ///< EM_X86_64, EM_SPARCV9
  bool is_64 = false;
  std::string loader;  ///< what it names to be loaded by; "" of a static one, and of one that is not 64 bits
};

/// Of either byte order. Nothing when the file is no ELF, or cannot be read.
[[nodiscard]] std::optional<ElfProgram> read_elf_program(const std::string& path);

}  // namespace assay::wire
