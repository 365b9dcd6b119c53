// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "suite/reader.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace assay::suite {

/// What a suite's programs print.
enum class Dialect : std::uint8_t {
  vmtests,    ///< run_vmtests.sh
  kselftest,  ///< one program of the kernel's own tests
  ltp,        ///< one program of LTP
  stress,     ///< stress-ng
};

/// For the output of one category.
[[nodiscard]] std::unique_ptr<Reader> make_reader(Dialect dialect, std::string category);

}  // namespace assay::suite
