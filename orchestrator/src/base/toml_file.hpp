// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <toml++/toml.h>

#include <string>
#include <string_view>

namespace assay {

/// The way to read a TOML file that a user wrote: bounded, and kept from what toml++ cannot take (see
/// toml_guard.hpp). `file` is used in messages only, `kind` as well: "an experiment".
/// Error: usage, "file:line:column: what".
[[nodiscard]] Result<toml::table> parse_toml(std::string_view text, const std::string& file,
                                             std::string_view kind);

}  // namespace assay
