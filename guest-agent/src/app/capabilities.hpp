// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "wire/encoder.hpp"

namespace assay::agent {

/// This kernel and what it can do, found out by trying, never by its version.
[[nodiscard]] MachineFacts probe_machine();

}  // namespace assay::agent
