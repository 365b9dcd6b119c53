// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace assay::cli {

/// "assay.1", "assay-kernel-build.1".
[[nodiscard]] std::string man_page_name(const CLI::App& verb);

/// A manual page, man(7): what help_text() has, and files and environment.
[[nodiscard]] std::string man_page(const CLI::App& verb);

}  // namespace assay::cli
