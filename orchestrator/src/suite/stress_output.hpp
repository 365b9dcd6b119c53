// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"
#include "suite/reader.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::suite {

/// Reads a run of one stressor of stress-ng, which ends as its manual says: 0 passes; 2 (a check failed), 5
/// (an unexpected signal) and 6 (an unexpected exit) fail; 3 (no resources) and 4 (not implemented) skip; 7
/// (its figures are not to be trusted, as when the OOM killer took a part of it) passes; 1 is a mistake of
/// ours.
class StressReader final : public Reader {
 public:
  explicit StressReader(std::string name) : name_(std::move(name)) {}
  void feed(std::string_view text) override;
  [[nodiscard]] std::vector<TestEnd> finish(const ProgramEnd& end) override;

 private:
  void line(std::string text);

  std::string name_;
  Lines lines_;
  std::vector<std::string> printed_;  ///< the last ones
  std::string failure_;               ///< the first line of its own that says so
  std::string skipped_;
};

}  // namespace assay::suite
