// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/spec.hpp"

#include "base/hash.hpp"

#include <utility>

namespace assay::guest {

Home home_in(std::string name, const std::filesystem::path& folder, const std::filesystem::path& sockets) {
  const auto digest = sha256(folder.string()).substr(0, 12);
  return {std::move(name), folder, sockets / (digest + ".sock"), sockets / (digest + ".gdb")};
}

Task<machine::MachineSpec> decided(machine::Hypervisor& hypervisor, machine::MachineSpec machine) {
  if (machine.accel == machine::Accel::automatic) {
    const auto choice = co_await hypervisor.choose_accel(machine.arch);
    machine.accel = choice.accel;
  }
  co_return machine;
}

Spec spec_of(machine::MachineSpec machine, Boots boots, const Home& home) {
  machine::BootSpec boot;
  boot.guest = home.name;
  boot.kernel = std::move(boots.kernel);
  boot.initramfs = std::move(boots.initramfs);
  boot.kernel_arguments = std::move(boots.arguments);
  boot.console_log = home.folder / "console.log";
  boot.channel_socket = home.channel;
  boot.disks = home.folder;
  if (boots.plugin && machine.accel == machine::Accel::tcg) {
    boot.probes = home.folder / "probes";
    boot.plugin = std::move(*boots.plugin);
  }
  boot.debugging = boots.debugging;
  boot.debugger_socket = home.debugger;
  return {std::move(machine), std::move(boot)};
}

std::string xml_of(const Spec& spec) {
  return machine::domain_xml(spec.machine, spec.boot, spec.machine.accel);
}

}  // namespace assay::guest
