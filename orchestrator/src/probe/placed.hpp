// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "probe/report.hpp"
#include "probe/resolve.hpp"
#include "probe/spec.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::probe {

/// A place of a probe, found in one kernel.
struct PlacedPlace {
  std::string text;
  std::vector<Spot> spots;
  std::optional<CoveredLine> line;  ///< of "patch", as it is until it runs; such a place may have no spots
};

struct PlacedProbe {
  ProbeSpec spec;
  std::vector<PlacedPlace> places;
};

/// All probes of one kernel, and where its guests say that they begin and end to measure.
struct KernelProbes {
  std::vector<PlacedProbe> probes;
  std::vector<std::uint64_t> begin_marks;
  std::vector<std::uint64_t> end_marks;
  std::uint64_t anchor = 0;  ///< see Header::anchor
};

/// What "patch" means in a kernel.
struct Patch {
  std::vector<PatchLine> lines;
  bool may_be_in_modules = false;  ///< the kernel has some
};

/// Finds the places of `specs` in a kernel.
/// Errors: usage (a place that is not there), infrastructure.
Task<Result<KernelProbes>> place_probes(std::filesystem::path vmlinux, Arch arch,
                                        std::vector<ProbeSpec> specs, Patch patch);

}  // namespace assay::probe
