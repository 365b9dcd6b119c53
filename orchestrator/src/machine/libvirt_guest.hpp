// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "machine/hypervisor.hpp"
#include "machine/libvirt_handles.hpp"
#include "machine/pool.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace assay::machine {

/// What a guest needs of the hypervisor that made it; outlives the guest.
struct GuestHome {
  Pool& pool;
  Connection connection;
  /// Suspends until libvirt reports that the domain with this UUID has stopped; for hosts where its QEMU is
  /// not ours.
  std::function<Task<>(std::string uuid)> stopped;
};

/// `pid` is QEMU's when it runs as our descendant, else nothing. `log` is QEMU's own log, "" when elsewhere.
[[nodiscard]] std::unique_ptr<Guest> create_libvirt_guest(GuestHome home, Domain domain,
                                                          std::optional<int> pid,
                                                          std::filesystem::path channel_socket,
                                                          std::filesystem::path log);

}  // namespace assay::machine
