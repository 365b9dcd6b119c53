// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace assay::agent {

/// Writes "assay-agent: <text>" as one line to standard error: the guest's console, or a terminal.
/// Does not allocate. Lines above 500 characters are cut.
void say(std::string_view text);

/// The same with the text of an errno value: "assay-agent: <text>: <why>".
void say_error(std::string_view text, int error);

}  // namespace assay::agent
