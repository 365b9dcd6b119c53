// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/store.hpp"
#include "trial/outcome.hpp"

#include <string>
#include <string_view>

namespace assay::report {

/// "shared-fault-before, 6.12.117": what the kernel of a run's variant was built as, where that has another
/// name.
[[nodiscard]] std::string built_as(const store::KernelInfo& kernel);

/// The first 12 digits of a kernel's id: enough to tell two apart.
[[nodiscard]] std::string short_id(std::string_view id);

/// "before/small/write #1"
[[nodiscard]] std::string trial_name(const trial::TrialKey& key);

}  // namespace assay::report
