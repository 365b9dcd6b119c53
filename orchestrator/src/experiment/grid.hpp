// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::experiment {

/// A figure for each row and column, shown as one table for each machine, the variants side by side. It
/// decides nothing.
struct Grid {
  std::string id;
  std::string says;             ///< what the figures are, in one sentence
  std::string workload_of_all;  ///< name of a WorkloadRun; "{row}" and "{column}" stand for theirs
  std::string figure_of_all;    ///< likewise
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  Bound expected;                     ///< what a cell's figures should be like
  std::vector<std::string> variants;  ///< none: all
  std::vector<std::string> machines;  ///< none: all
  std::string why;                    ///< a check whose text says which cells were not run; "" for none

  [[nodiscard]] std::string workload(std::string_view row, std::string_view column) const;
  /// What figure() reads.
  [[nodiscard]] std::string figure_text(std::string_view row, std::string_view column) const;
  /// Text that is no figure gives an empty one.
  [[nodiscard]] Figure figure(std::string_view row, std::string_view column) const;
};

}  // namespace assay::experiment
