// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <filesystem>
#include <string>

/// The folders of runs, on their way from one results folder to another. What others put into theirs is not
/// trusted: no link is followed, and only regular files and folders are copied.
namespace assay::run {

/// What the files of a run in the results folder `from` take; nothing when it has none. Error: usage: one of
/// them is a link, a device or the like, or lies too deep; names it.
[[nodiscard]] Result<Bytes> size_of_files(const std::filesystem::path& from, const std::string& run);

/// Copies them into the results folder `to`, over those that are there.
[[nodiscard]] Status copy_files(const std::filesystem::path& from, const std::filesystem::path& to,
                                const std::string& run);

}  // namespace assay::run
