// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/unseen.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/config.hpp"

#include <cstdlib>

namespace assay::run {
namespace {

std::string value_of(const kernel::Options& options, std::string_view name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

}  // namespace

Result<std::vector<std::string>> unseen_by(const kernel::Kernel& kernel, std::string_view who,
                                           const machine::MachineSpec& machine, std::string_view whose) {
  std::vector<std::string> unseen;
  if (kernel.config.empty()) {
    return unseen;
  }
  const auto text = read_file(kernel.config);
  const auto options =
      text ? kernel::parse_config(kernel.config.string(), *text) : Result<kernel::Options>(text.error());
  if (!options) {
    return options.error();
  }
  if (machine.nodes.size() > 1 && value_of(*options, "CONFIG_X86_64_ACPI_NUMA") != "y") {
    // Who does not read the firmware's table of nodes takes them for one.
    unseen.push_back(
        fmt::format("{} sees one node, not the {} of {}: its kernel has no "
                    "CONFIG_X86_64_ACPI_NUMA, which the flavour numa switches on",
                    who, machine.nodes.size(), whose));
  }
  const auto most = std::strtoul(value_of(*options, "CONFIG_NR_CPUS").c_str(), nullptr, 10);
  if (most > 0 && machine.vcpus > most) {
    unseen.push_back(
        fmt::format("{} sees {} CPU{}, not the {} of {}: its kernel has CONFIG_NR_CPUS={}; the "
                    "flavour large has 64",
                    who, most, plural(most), machine.vcpus, whose, most));
  }
  if (!machine.dimms.empty() && value_of(*options, "CONFIG_ACPI_HOTPLUG_MEMORY") != "y") {
    unseen.push_back(
        fmt::format("{} does not see the dimms of {}: its kernel has no "
                    "CONFIG_ACPI_HOTPLUG_MEMORY, which the flavour large switches on",
                    who, whose));
  }
  return unseen;
}

std::string qemu_options_note(const machine::MachineSpec& machine, std::string_view whose) {
  return machine.qemu_options.empty()
             ? ""
             : fmt::format("{} is not as Assay makes it alone: QEMU gets {}", whose,
                           one_line(fmt::to_string(fmt::join(machine.qemu_options, " "))));
}

}  // namespace assay::run
