// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "machine/spec.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace assay::machine {

using ChannelSocket = asio::local::stream_protocol::socket;

/// One booted machine. All calls on the io_context's thread; every call ends within a deadline.
/// Destroying the object without destroy() kills QEMU and does not wait for libvirt.
class Guest {
 public:
  Guest() = default;
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  Guest(Guest&&) = delete;
  Guest& operator=(Guest&&) = delete;
  virtual ~Guest() = default;

  /// Connects to the channel socket that QEMU listens on. Error: infrastructure.
  virtual Task<Result<ChannelSocket>> open_channel() = 0;

  /// CPU time that the vCPUs have used so far: a guest that makes no progress stands still here.
  virtual Task<Result<Nanoseconds>> vcpu_time() = 0;

  /// Stops all vCPUs; only a debugger lets them go on. Error: infrastructure.
  virtual Task<Status> pause() = 0;

  /// Sends an NMI to every vCPU. Error: infrastructure, also where the machine has no NMI.
  virtual Task<Status> inject_nmi() = 0;

  /// The registers of all vCPUs as QEMU's monitor prints them: where a guest without NMI hangs.
  /// Error: infrastructure.
  virtual Task<Result<std::string>> registers() = 0;

  /// Returns when the guest has ended by itself (powered off, or QEMU died). The text says which,
  /// for people: "guest powered off", "QEMU ended: <last lines of its log>". Cancellable.
  virtual Task<Result<std::string>> wait_end() = 0;

  /// Ends the guest and reaps QEMU. Idempotent.
  virtual Task<Status> destroy() = 0;
};

/// Creates guests. Implemented on libvirt; a fake serves the tests.
class Hypervisor {
 public:
  Hypervisor() = default;
  Hypervisor(const Hypervisor&) = delete;
  Hypervisor& operator=(const Hypervisor&) = delete;
  Hypervisor(Hypervisor&&) = delete;
  Hypervisor& operator=(Hypervisor&&) = delete;
  virtual ~Hypervisor() = default;

  /// Starts a guest. Error: infrastructure (QEMU does not start, a missing file, no memory).
  virtual Task<Result<std::unique_ptr<Guest>>> create(MachineSpec machine, BootSpec boot) = 0;

  /// The QEMU command line behind `xml`, for --dry-run. Error: infrastructure.
  virtual Task<Result<std::string>> command_line(std::string xml) = 0;

  /// What `automatic` means on this host for this architecture, and why, for people. Never fails:
  /// what cannot be proven is TCG.
  struct AccelChoice {
    Accel accel = Accel::tcg;
    std::string why;
  };
  virtual Task<AccelChoice> choose_accel(Arch arch) = 0;

  /// A folder with a short path for channel sockets (they end at 107 bytes); lives until close().
  [[nodiscard]] virtual const std::filesystem::path& socket_folder() const = 0;

  /// Destroys what is left, closes the connection. Idempotent.
  virtual Task<Status> close() = 0;
};

struct LibvirtOptions {
  /// A libvirt URI; empty for the embedded QEMU driver, which needs no daemon.
  std::string uri;
  /// Parent of the private root folder of the embedded driver, one folder per process;
  /// empty: a folder under $XDG_RUNTIME_DIR or /tmp (socket paths must stay short). The first connection of a
  /// process decides; later ones share its root.
  std::filesystem::path state_directory;
  /// What outlives runs: the QEMU capability cache and the proven accelerator.
  std::filesystem::path cache_directory;
  /// A kernel and initramfs that boot to a visible line, for proving KVM; empty: `automatic` means TCG
  /// unless the cache already knows better.
  std::filesystem::path proof_kernel;
  std::filesystem::path proof_initramfs;
};

/// Connects to libvirt, with its event loop on the caller's io_context. First removes what killed
/// runs of ours left behind (their QEMUs too). Error: infrastructure, says what to install or start.
Task<Result<std::unique_ptr<Hypervisor>>> connect_libvirt(LibvirtOptions options);

}  // namespace assay::machine
