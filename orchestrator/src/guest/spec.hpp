// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "machine/hypervisor.hpp"
#include "machine/spec.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace assay::guest {

/// A guest to boot: all that libvirt is told of it.
struct Spec {
  machine::MachineSpec machine;  ///< with a decided accelerator
  machine::BootSpec boot;
};

/// What a guest boots, whatever it is for.
struct Boots {
  std::filesystem::path kernel;
  std::filesystem::path initramfs;
  std::string arguments;                        ///< added to the kernel's command line
  std::optional<std::filesystem::path> plugin;  ///< of QEMU, where something of the kernel is watched
  machine::Debugging debugging = machine::Debugging::none;
};

/// What belongs to one guest alone.
struct Home {
  std::string name;                ///< unique on this host
  std::filesystem::path folder;    ///< of its console, its disks, its probes
  std::filesystem::path channel;   ///< the socket
  std::filesystem::path debugger;  ///< the socket of QEMU's gdb stub
};
/// `sockets`: a folder with a short path, machine::Hypervisor::socket_folder().
[[nodiscard]] Home home_in(std::string name, const std::filesystem::path& folder,
                           const std::filesystem::path& sockets);

/// The machine with an accelerator that this host has for it.
Task<machine::MachineSpec> decided(machine::Hypervisor& hypervisor, machine::MachineSpec machine);

/// The one place where it is said what a guest is made of. A pure function; only emulated guests can be
/// watched.
[[nodiscard]] Spec spec_of(machine::MachineSpec machine, Boots boots, const Home& home);

/// What libvirt is told.
[[nodiscard]] std::string xml_of(const Spec& spec);

}  // namespace assay::guest
