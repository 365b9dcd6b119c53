// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "guest/guest_watch.hpp"
#include "guest/patience.hpp"
#include "machine/hypervisor.hpp"

#include <string>
#include <vector>

namespace assay::guest {

/// What can be said of a guest that went silent: an NMI makes every CPU say where it is; where there is none,
/// the vCPUs' registers tell. First a report with this title, then what the kernel itself reported meanwhile.
Task<std::vector<finding::Report>> hang_reports(machine::Guest& guest, GuestWatch& watch, Patience patience,
                                                std::string title);

}  // namespace assay::guest
