// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/async.hpp"
#include "base/error.hpp"
#include "kernel/source.hpp"
#include "kernel/source_spec.hpp"
#include "kernel/variant.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay::kernel {

/// The variant behind a name that is a kernel itself: "debian:6.12", or the path of an image; nothing for
/// others. Error: usage: the kernel is for another architecture.
[[nodiscard]] Result<std::optional<Variant>> prebuilt_by_name(std::string_view name, Arch arch);

/// The files of a prebuilt kernel and one hash over them all. Error: usage: one of them is not there.
Task<Result<SourceInput>> find_prebuilt(SourceSpec spec, std::filesystem::path cache);

/// "6.12.117", out of the header of an x86 bzImage or out of the banner of an uncompressed kernel; "" when
/// there is neither.
[[nodiscard]] std::string release_in(std::string_view image);

}  // namespace assay::kernel
