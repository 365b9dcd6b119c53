// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/handle.hpp"

#include <cstdint>
#include <filesystem>

namespace assay {

enum class Missing : std::uint8_t { is_an_error, is_made };

/// The folder `below` of `root`, reached without following a link after `root`: what other people made below
/// a folder that the user named cannot lead out of it. Error: usage, names what is no folder; infrastructure.
[[nodiscard]] Result<UniqueFd> open_beneath(const std::filesystem::path& root,
                                            const std::filesystem::path& below, Missing missing);

}  // namespace assay
