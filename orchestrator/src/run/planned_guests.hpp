// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/spec.hpp"
#include "image/initramfs.hpp"
#include "kernel/kernel.hpp"
#include "machine/hypervisor.hpp"
#include "probe/placed.hpp"
#include "run/inputs.hpp"
#include "run/places.hpp"
#include "run/run_kernels.hpp"

#include <string>
#include <vector>

namespace assay::run {

/// A guest that a run would boot, as far as that is known before any kernel is built.
struct PlannedGuest {
  std::string variant;
  std::string kernel_name;       ///< as the experiment calls it
  machine::MachineSpec machine;  ///< as the experiment has it
  kernel::Kernel kernel;         ///< that of the cache, or with the id and the image that it will have
  bool is_known = false;         ///< else the id is only what stands for it
  bool is_built = false;
  bool may_be_probed = false;
  probe::KernelProbes probes = {};  ///< where they lie in a kernel that is built
  std::vector<image::HostFile> programs = {};
};

/// Each variant on each machine. Errors: usage (a place that a kernel does not have), infrastructure.
Task<Result<std::vector<PlannedGuest>>> planned_guests(const Places& places, const Inputs& inputs,
                                                       const RunKernels& known);

/// What would be booted, by the same functions as a guest of a run; in no folder, as there is none.
/// Error: as image::agent_image().
Task<Result<guest::Spec>> spec_of(machine::Hypervisor& hypervisor, const Places& places,
                                  const PlannedGuest& planned);

}  // namespace assay::run
