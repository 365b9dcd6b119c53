// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

namespace assay::report {

/// A run with something of everything: each verdict, each outcome, and a guest that sends escape sequences.
[[nodiscard]] store::RunView sample_view();

}  // namespace assay::report
