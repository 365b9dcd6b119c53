// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/run_context.hpp"

namespace assay::trial {

std::string kernel_key(const std::string& variant, Arch arch) {
  return arch == Arch::x86_64 ? variant : fmt::format("{}/{}", variant, name_of(arch));
}

guest::Boots boots_of(const kernel::Kernel& kernel, const image::AgentImage& agent,
                      const probe::KernelProbes* probes, const std::filesystem::path& plugin) {
  const bool watched = probes != nullptr && !probes->probes.empty();
  guest::Boots boots{kernel.image, agent.initramfs, {}, {}, machine::Debugging::none};
  if (watched) {
    boots.plugin = plugin;
  }
  return boots;
}

const machine::MachineSpec& RunContext::machine_of(const GuestJob& job) const {
  return machines.at(job.machine);
}

const kernel::Kernel& RunContext::kernel_of(const GuestJob& job) const {
  return kernels.at(kernel_key(job.variant, machine_of(job).arch));
}

const probe::KernelProbes* RunContext::probes_of(const GuestJob& job) const {
  const auto found = probing.kernels.find(kernel_key(job.variant, machine_of(job).arch));
  return found == probing.kernels.end() ? nullptr : &found->second;
}

const image::AgentImage& RunContext::agent_of(const GuestJob& job) const {
  return agents.at(kernel_key(job.variant, machine_of(job).arch));
}

guest::Boots RunContext::boots_of(const GuestJob& job) const {
  return trial::boots_of(kernel_of(job), agent_of(job), probes_of(job), probing.plugin);
}

}  // namespace assay::trial
