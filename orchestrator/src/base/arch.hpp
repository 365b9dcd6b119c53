// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string_view>

namespace assay {

/// The architecture of a guest, its kernel and its agent.
enum class Arch : std::uint8_t { x86_64, sparc64 };

/// "x86_64" or "sparc64", as `uname -m` prints it.
[[nodiscard]] std::string_view name_of(Arch arch);
/// Error: usage, lists what is known.
[[nodiscard]] Result<Arch> parse_arch(std::string_view name);

}  // namespace assay
