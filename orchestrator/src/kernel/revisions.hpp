// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "kernel/subject.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace assay::kernel {

/// A message that may be one of a series.
struct Candidate {
  PatchSubject subject;
  bool has_diff = false;
  std::string content;  ///< equal in two copies of one patch, as several lists deliver it
};

/// Which of them are the series, in its order. Replies, cover letters and second copies do not count. Of
/// several revisions the newest is taken, or `wanted`. Error: usage: no patch at all; patch n/m is missing,
/// or there twice; several series or an incomplete newest revision, with a list of what there is.
[[nodiscard]] Result<std::vector<std::size_t>> choose_series(const std::vector<Candidate>& candidates,
                                                             std::optional<unsigned> wanted);

}  // namespace assay::kernel
