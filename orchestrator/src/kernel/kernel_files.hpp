// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/source_spec.hpp"

#include <filesystem>

namespace assay::kernel {

/// The kernel in a folder, with what lies around it of vmlinux, System.map, .config and modules: the folder
/// of a build (in the tree or with O=), /boot, a package's root, lib/modules/RELEASE. Error: usage: what was
/// looked for, which of several kernels could be meant, or what is not built.
[[nodiscard]] Result<SourceSpec> kernel_in_folder(const std::filesystem::path& folder);

/// The same of an image, when it lies in one of these places; else the image alone.
[[nodiscard]] SourceSpec kernel_of_image(const std::filesystem::path& image);

/// Error: usage: a kernel with this configuration and these modules cannot talk to us, with the option that
/// is missing.
[[nodiscard]] Status can_be_guest(const SourceSpec& spec);

}  // namespace assay::kernel
