// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::image {

/// What a program or library says of what it needs, for the loader to find.
struct ElfNeeds {
  unsigned machine = 0;  ///< EM_X86_64, EM_SPARCV9
  bool is_64 = false;
  std::string interpreter;  ///< the loader; "" of a static program and of a library
  std::string name;         ///< DT_SONAME
  std::vector<std::string> libraries;
  std::string rpath;  ///< "" where there is a runpath, as the loader has it
  std::string runpath;
};

/// Of either byte order. Nothing when the file is no ELF, or cannot be read.
[[nodiscard]] std::optional<ElfNeeds> read_elf_needs(const std::filesystem::path& path);

}  // namespace assay::image
