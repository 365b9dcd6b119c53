// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "image/guest_modules.hpp"
#include "kernel/builder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::image {

/// What a guest boots beside its kernel.
struct AgentImage {
  std::filesystem::path initramfs;
  std::string digest;  ///< SHA-256 of the agent in it
  std::string note;    ///< which of the kernel's modules are not in it, or ""
};

/// The agent of guests of one architecture, and where its images are kept.
struct AgentFiles {
  Arch arch = Arch::x86_64;
  std::filesystem::path agent;
  std::filesystem::path cache;
};

/// What an image holds beside the agent.
struct Content {
  ModuleWish modules;
  std::filesystem::path config;         ///< becomes /boot/config-RELEASE; "" for none
  std::vector<HostFile> programs = {};  ///< and what they need
};

/// The modules of the kernel.
[[nodiscard]] Content content_for(const kernel::Kernel& kernel);

/// The initramfs, packed once and kept in the cache. Errors: usage (modules that do not fit the kernel, a
/// wished one that it does not have; a program's file that
/// cannot be read), infrastructure.
[[nodiscard]] Result<AgentImage> agent_image(const AgentFiles& files, const Content& content);

}  // namespace assay::image
