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

/// A NUMA node.
struct Node {
  unsigned vcpus = 0;
  Bytes memory{0};
  bool operator==(const Node&) const = default;
};

/// Memory that is plugged in when the guest boots, and that its kernel takes or leaves.
struct Dimm {
  Bytes size{0};
  unsigned node = 0;
  bool operator==(const Dimm&) const = default;
};

/// What QEMU emulates. A plain value: nothing here refers to a file of one run.
struct MachineSpec {
  std::string name = "default";  ///< as the experiment calls it; any text
  Arch arch = Arch::x86_64;
  Accel accel = Accel::automatic;
  std::string cpu = "max";  ///< QEMU's CPU model
  unsigned vcpus = 2;
  Bytes memory = mib(512);
  /// NUMA nodes, x86-64 only: their vCPUs, as they come, and their memory are the machine's. Those without
  /// memory are anywhere. None: the firmware has no table of nodes (SRAT).
  std::vector<Node> nodes;
  std::vector<std::vector<unsigned>> distances;  ///< a row for each node, or none: what the kernel assumes
  std::vector<Dimm> dimms;                       ///< x86-64 only; beside `memory`
  GuestClock clock = GuestClock::host;
  Bytes swap{0};             ///< size of a disk to swap to (virtio-blk, the guest's /dev/vda); 0: none
  std::vector<Bytes> disks;  ///< sizes of further disks, empty ones, behind that to swap to
  std::string append;        ///< added to the kernel's command line; check_append() takes it
  std::vector<std::string> qemu_options;  ///< at the end of QEMU's command line
  bool operator==(const MachineSpec&) const = default;

  /// With all that is plugged in.
  [[nodiscard]] Bytes whole_memory() const;
};

/// Whether gdb may come to a guest, and `stopped`: that this stands before its first instruction until gdb
/// lets it go on.
enum class Debugging : std::uint8_t { none, running, stopped };

/// What one guest boots from and where its files go.
struct BootSpec {
  std::string guest;             ///< unique on this host; any text
  std::filesystem::path kernel;  ///< bzImage or vmlinux
  std::filesystem::path initramfs;
  std::string kernel_arguments;       ///< added to what the machine needs (console, panic)
  std::filesystem::path console_log;  ///< QEMU writes all console output here
  std::filesystem::path
      channel_socket;            ///< QEMU listens here for the agent's virtio-serial port; at most 107 bytes
  std::filesystem::path disks;   ///< the folder of the machine's disks
  std::filesystem::path probes;  ///< a file for QEMU's plugin that watches the kernel (TCG only), or ""
  std::filesystem::path plugin;  ///< that plugin
  Debugging debugging = Debugging::none;
  std::filesystem::path debugger_socket;  ///< where QEMU listens for gdb then; at most 107 bytes
};

/// The name of the agent's virtio-serial port inside the guest.
inline constexpr const char* channel_port_name = "org.assay.agent.0";

/// A name that libvirt and the file system take, unique where `guest` is: letters, digits, "-" and "_".
[[nodiscard]] std::string domain_name(std::string_view guest);

/// Where QEMU for guests of this architecture is.
[[nodiscard]] std::string qemu_binary(Arch arch);

/// libvirt's domain XML. A pure function of its arguments; `accel` is Accel::kvm or Accel::tcg.
[[nodiscard]] std::string domain_xml(const MachineSpec& machine, const BootSpec& boot, Accel accel);

}  // namespace assay::machine
