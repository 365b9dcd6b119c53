// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "machine/hypervisor.hpp"
#include "run/places.hpp"
#include "run/progress.hpp"
#include "store/store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace assay::run {

/// Makes what runs the guests: libvirt, or a fake in tests.
using Connect = std::function<Task<Result<std::unique_ptr<machine::Hypervisor>>>(machine::LibvirtOptions)>;

/// The world around a run, or around one guest.
struct Session {
  Places places;
  Interrupt& interrupt;
  Progress& progress;
  std::string uri = {};    ///< of a libvirt, whose host may be another; "" for the embedded driver
  bool bisecting = false;  ///< what a revision is measured by counts, although it may be the same kernel
  Connect connect = machine::connect_libvirt;
};

/// A kernel and an initramfs that show whether KVM runs guests; "" for none.
struct Proof {
  std::filesystem::path kernel = {};
  std::filesystem::path initramfs = {};
};

/// Errors: as machine::connect_libvirt().
Task<Result<std::unique_ptr<machine::Hypervisor>>> connect(const Session& session, Proof proof);

/// Makes the results folder when it is not there, and says so. Error: infrastructure.
[[nodiscard]] Status make_results(const Places& places, const std::function<void(std::string_view)>& say);

/// The results database to write, created when it is not there. Errors: as store::open_store().
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_results(const Session& session);

}  // namespace assay::run
