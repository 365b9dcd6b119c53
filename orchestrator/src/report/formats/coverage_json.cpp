// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/formats/coverage_json.hpp"

#include "base/text.hpp"
#include "probe/report.hpp"

namespace assay::report {

nlohmann::ordered_json coverage_json(const verdict::KernelCoverage& kernel) {
  const auto coverage = probe::coverage_of(kernel.lines);
  return {{"variant", printable(kernel.variant)},
          {"kernel_id", printable(kernel.kernel_id)},
          {"coverage", coverage.text()},
          {"lines", coverage.lines},
          {"ran", coverage.ran},
          {"not_run", coverage.not_run},
          {"no_instruction", coverage.no_instruction},
          {"not_built", coverage.not_built},
          {"unwatched", coverage.unwatched},
          {"removed", coverage.removed}};
}

}  // namespace assay::report
