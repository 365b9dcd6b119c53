// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"

#include <filesystem>
#include <functional>
#include <string_view>

namespace assay::image {

/// A static busybox for guests of `arch`, from busybox/build below `images`: Debian's own, or built now,
/// which takes a minute or two once per machine; its steps are told to `on_step`. Errors: usage (what to
/// install), interrupted, infrastructure.
Task<Result<std::filesystem::path>> busybox_for(std::filesystem::path images, Arch arch, Interrupt& interrupt,
                                                std::function<void(std::string_view)> on_step);

}  // namespace assay::image
