// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "image/initramfs.hpp"
#include "program/guest_run.hpp"

#include <string>
#include <vector>

namespace assay::cli {

/// Brings the program of a request along, and the script that an interpreter is to run, when they are files
/// here or in the system `root` ("" for this one): as `files` of the request, with their paths in its
/// arguments, or with what they need as files of the guest's initramfs, which are returned. What is nowhere
/// is left to the guest. Error: usage, for what could not run there.
[[nodiscard]] Result<std::vector<image::HostFile>> bring_program(program::Request& request, Arch arch,
                                                                 const std::string& root);

/// What comes into the guest, for people, with sizes.
[[nodiscard]] std::string brought_text(const program::Request& request,
                                       const std::vector<image::HostFile>& programs);

}  // namespace assay::cli
