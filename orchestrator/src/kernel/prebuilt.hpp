// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/cache.hpp"
#include "kernel/identity.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::kernel {

/// The variant behind a name that is a kernel itself: "debian:6.12", or the path of an image; nothing for
/// others. Error: usage: the kernel is for another architecture.
[[nodiscard]] Result<std::optional<Variant>> prebuilt_by_name(std::string_view name, Arch arch);

/// The files of a prebuilt kernel and one hash over them all. Error: usage: one of them is not there.
Task<Result<SourceInput>> find_prebuilt(SourceSpec spec, std::filesystem::path cache);

/// Copies the kernel into the cache; its modules stay where they are.
/// Error: usage: the image does not say which release it is.
[[nodiscard]] Result<Kernel> store_prebuilt(const CacheLayout& layout, const std::string& id,
                                            const Variant& variant, const Inputs& inputs);

/// "6.12.117", out of the header of an x86 bzImage or out of the banner of an uncompressed kernel; "" when
/// there is neither.
[[nodiscard]] std::string release_in(std::string_view image);

}  // namespace assay::kernel
