// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"

namespace assay::guest {

/// How long a guest may take before it counts as lost or hung. Generous: under TCG on a loaded host a guest
/// runs many times slower than it should, and slowness is no finding.
struct Patience {
  /// With a guest that a debugger may stop at any time, and for as long as it likes.
  [[nodiscard]] static Patience with_debugger();

  Duration boot = std::chrono::seconds(120);  ///< from create to hello
  Duration large_boot =
      std::chrono::seconds(5);  ///< more of it for each vCPU after the eighth: they come up one by one
  Duration silence =
      std::chrono::seconds(20);  ///< without any frame (there is a heartbeat a second), vCPUs idle
  Duration busy = std::chrono::seconds(90);  ///< the same while the vCPUs still burn CPU time
  Duration overtime = std::chrono::seconds(
      60);  ///< after the trial's own time-out; the agent then waits 30 s for what it kills
  Duration answer = std::chrono::seconds(8);     ///< for the agent to say whether the kernel wrote a report
  Duration tasks = std::chrono::seconds(20);     ///< to print what all tasks of the guest do
  Duration after_nmi = std::chrono::seconds(3);  ///< for the backtraces of a hung guest to reach the console
  Duration copy = std::chrono::seconds(60);      ///< between two signs of life of files on their way
  /// What the kernel reports, be it its end, does not end the guest: somebody is looking at it.
  bool survives_reports = false;
};

inline Patience Patience::with_debugger() {
  constexpr Duration for_ever = std::chrono::hours(24 * 365 * 10);
  Patience patience;
  for (auto* limit :
       {&patience.boot, &patience.silence, &patience.busy, &patience.overtime, &patience.copy}) {
    *limit = for_ever;
  }
  patience.survives_reports = true;
  return patience;
}

}  // namespace assay::guest
