// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "debugger/gdb.hpp"
#include "finding/console.hpp"
#include "run/one_guest.hpp"

namespace assay::cli {

/// What gdb is to look at in a guest that can boot.
[[nodiscard]] debugger::Target debug_target(const run::PreparedGuest& guest);

/// Tells at once what the kernel of a guest reports that somebody debugs: it does not end of it.
void tell_report(const finding::Report& report);

}  // namespace assay::cli
