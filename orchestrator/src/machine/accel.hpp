// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "machine/hypervisor.hpp"

#include <filesystem>
#include <string>

namespace assay::machine {

/// Decides what `automatic` means here: KVM where a small guest really runs on it. Opening /dev/kvm and
/// creating a vCPU proves nothing: on some hosts both succeed and no guest instruction ever runs. The answer
/// is kept in `cache` for this host, its kernel and its QEMU.
Task<Hypervisor::AccelChoice> decide_accel(Hypervisor& hypervisor, Arch arch, const LibvirtOptions& options);

}  // namespace assay::machine
