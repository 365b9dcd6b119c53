// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/cache.hpp"
#include "kernel/progress.hpp"
#include "kernel/source_spec.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kernel {

/// "debian:6.12", "debian:6.1-cloud", "debian:6.12.100+deb12": a kernel as Debian ships it.
[[nodiscard]] bool names_debian_image(std::string_view where);

/// Of the names of packages, the newest kernel image for amd64 that `where` means: "" when none is.
/// "debian:6.1" means linux-image-6.1.0-50-amd64 and never one of 6.12.
[[nodiscard]] std::string debian_image_package(const std::vector<std::string>& packages,
                                               std::string_view where);

/// The files of that kernel, when its package is installed or was fetched; nothing when it must be fetched
/// first. Error: usage (apt knows no such kernel), infrastructure.
Task<Result<std::optional<SourceSpec>>> find_debian_image(std::string where, CacheLayout layout);

/// Downloads the package (100 MB) with apt and unpacks it into the cache, without installing it.
/// Errors: as find_debian_image.
Task<Status> fetch_debian_image(std::string where, CacheLayout layout, ProgressMeter& meter);

}  // namespace assay::kernel
