// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "probe/report.hpp"

#include <string>

namespace assay::report {

/// Walks the lines of a series in the order of a diff and tells where lines that it left alone lie between.
class LineGaps {
 public:
  enum class Before { nothing, gap, file };
  /// What to show before `line`.
  Before next(const probe::PatchLine& line) {
    const bool new_file = line.file != file_;
    if (new_file) {
      file_ = line.file;
      shift_ = 0;
    }
    const auto position = line.line + (line.removed ? shift_ : 0);
    const auto before = new_file ? Before::file : position != expected_ ? Before::gap : Before::nothing;
    expected_ = position + (line.removed ? 0 : 1);
    shift_ += line.removed ? -1 : 1;
    return before;
  }

 private:
  std::string file_;
  long shift_ = 0;     ///< from a line's number before the series to that after it, so far
  long expected_ = 0;  ///< the number that the next line has when none lies between
};

}  // namespace assay::report
