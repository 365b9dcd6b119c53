// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "export/formats.hpp"

#include <cstdint>

namespace assay::exports {

enum class Format : std::uint8_t { jsonl, csv, npz };

/// Errors: the sink's, the store's.
[[nodiscard]] Status write_run(const ExportedRun& run, Format format, const Sink& sink);

}  // namespace assay::exports
