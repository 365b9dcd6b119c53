// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace assay::agent {

/// Everything that an experiment may name, as JSON: agent, protocol, workloads, samplers.
[[nodiscard]] std::string describe();

}  // namespace assay::agent
