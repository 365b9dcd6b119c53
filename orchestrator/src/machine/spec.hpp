// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/units.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay::machine {

/// `automatic` uses KVM only where a trial boot has proven that it runs guests.
enum class Accel : std::uint8_t { automatic, kvm, tcg };

/// What makes the guest's time pass. `instructions`: each instruction takes a nanosecond and idling none, so
/// that a figure counts work and is the same on a busy host (QEMU's icount; TCG only).
enum class GuestClock : std::uint8_t { host, instructions };

/// What QEMU emulates. A plain value: nothing here refers to a file of one run.
struct MachineSpec {
  std::string name = "default";  ///< as the experiment calls it; any text
  Arch arch = Arch::x86_64;
  Accel accel = Accel::automatic;
  std::string cpu = "max";  ///< QEMU's CPU model
  unsigned vcpus = 2;
  Bytes memory = mib(512);
  /// NUMA nodes, x86-64 only, among which vCPUs and MiB of memory are divided as they come: what does not
  /// divide evenly the first have more, and with too few vCPUs the last have none.
  unsigned nodes = 1;
  GuestClock clock = GuestClock::host;
  Bytes swap{0};  ///< size of a disk to swap to (virtio-blk, the guest's /dev/vda); 0: none
  bool operator==(const MachineSpec&) const = default;
};

/// What one guest boots from and where its files go.
struct BootSpec {
  std::string guest;             ///< unique on this host; any text
  std::filesystem::path kernel;  ///< bzImage or vmlinux
  std::filesystem::path initramfs;
  std::string kernel_arguments;       ///< added to what the machine needs (console, panic)
  std::filesystem::path console_log;  ///< QEMU writes all console output here
  std::filesystem::path
      channel_socket;  ///< QEMU listens here for the agent's virtio-serial port; at most 107 bytes
  std::filesystem::path swap_disk;  ///< the machine's swap disk, if it has one
  std::filesystem::path probes;     ///< a file for QEMU's plugin that watches the kernel (TCG only), or ""
  std::filesystem::path plugin;     ///< that plugin
};

/// The name of the agent's virtio-serial port inside the guest.
inline constexpr const char* channel_port_name = "org.assay.agent.0";

/// A name that libvirt and the file system take, unique where `guest` is: letters, digits, "-" and "_".
[[nodiscard]] std::string domain_name(std::string_view guest);

/// Where QEMU for guests of this architecture is.
[[nodiscard]] std::string qemu_binary(Arch arch);

/// The guest kernel's whole command line.
[[nodiscard]] std::string kernel_command_line(const MachineSpec& machine, const BootSpec& boot);

/// libvirt's domain XML. A pure function of its arguments; `accel` is Accel::kvm or Accel::tcg.
[[nodiscard]] std::string domain_xml(const MachineSpec& machine, const BootSpec& boot, Accel accel);

}  // namespace assay::machine
