// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/spec.hpp"
#include "image/agent_image.hpp"
#include "kernel/builder.hpp"
#include "run/session.hpp"

#include <toml++/toml.h>

#include <memory>
#include <string>
#include <vector>

namespace assay::run {

/// A guest that somebody wants, on a kernel of theirs or of ours.
struct GuestWish {
  std::string kernel;                     ///< as kernel::load_variant() takes it
  std::string arch;                       ///< "": what the variant is for
  toml::table machine;                    ///< other keys of an experiment's [machines.NAME]
  std::vector<std::string> modules;       ///< by name, to come along where all are too many
  std::vector<image::HostFile> programs;  ///< with what they need, to come along
  machine::Debugging debugging = machine::Debugging::none;
};

/// What a guest has whose wish does not say: with much less, there are no transparent huge pages.
inline constexpr Bytes usual_memory = mib(640);

/// The architecture of the guest: the wished one, or what the variant is for (x86_64 when for several).
/// Error: usage.
[[nodiscard]] Result<Arch> guest_arch(const GuestWish& wish, const Places& places);

/// The wished machine. Error: usage.
[[nodiscard]] Result<machine::MachineSpec> machine_of(const GuestWish& wish, const Places& places);

/// A machine that can boot now.
struct PreparedGuest {
  std::unique_ptr<machine::Hypervisor> hypervisor;
  guest::Spec spec;
  kernel::Kernel kernel;
  image::AgentImage agent;
  std::vector<std::string> notes;  ///< what the guest lacks, for people
  /// Of a guest to debug: folders with the kernel's source, of which the first that has a file counts.
  std::vector<std::filesystem::path> sources;
};

/// Finds or builds the kernel, connects to libvirt and makes a folder for the guest's console, of which the
/// latest hundred are kept. `what` is a name for it. Errors: usage, build, interrupted, infrastructure.
Task<Result<PreparedGuest>> prepare_guest(Session& session, GuestWish wish, std::string what);

}  // namespace assay::run
