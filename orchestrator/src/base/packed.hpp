// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <string>

namespace assay {

/// The content of a file, unpacked where its name says that it is packed (.gz, .xz, .bz2, .zst).
/// Error: usage; also beyond 64 MiB.
[[nodiscard]] Result<std::string> read_packed(const std::filesystem::path& file);

}  // namespace assay
