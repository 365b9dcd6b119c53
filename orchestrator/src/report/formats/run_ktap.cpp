// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/expressions.hpp"
#include "report/formats/formats.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "verdict/coverage.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Side;
using verdict::Verdict;

/// A description or a diagnostic: '#' would begin a directive.
std::string safe(std::string_view text) {
  auto line = cut(text, 300);
  std::replace(line.begin(), line.end(), '#', '_');
  return line;
}

struct Subtests {
  std::string lines;
  unsigned count = 0;
  bool failed = false;

  void add(bool ok, const std::string& name, const std::string& diagnostic) {
    failed = failed || !ok;
    lines += fmt::format("  {} {} {} # {}\n", ok ? "ok" : "not ok", ++count, name, diagnostic);
  }
};

/// Whether one trial lies on the declared side. Where sides are compared, only a refutation tells.
bool lies_right(const ClaimVerdict& claim, const Side& side, double value) {
  if (side.expected == "never") {
    return value == 0;
  }
  const auto bound = experiment::parse_bound(side.expected);
  if (bound) {
    return bound->admits(value);
  }
  return side.expected.empty() || claim.verdict != Verdict::refuted;
}

void add_side(const ClaimVerdict& claim, const Side& side, Subtests& subtests) {
  const auto name = safe(side.variant);
  unsigned number = 0;
  for (const auto value : side.values) {
    subtests.add(lies_right(claim, side, value), fmt::format("{}_{}", name, ++number),
                 verdict::number_text(value));
  }
  for (unsigned i = 0; i < side.findings; ++i) {
    subtests.add(false, fmt::format("{}_{}", name, ++number), "ERROR the guest kernel misbehaved");
  }
  for (unsigned i = 0; i < side.unmet; ++i) {
    subtests.add(true, fmt::format("{}_{}", name, ++number), "SKIP did less than the claim requires");
  }
  for (unsigned i = 0; i < side.unusable; ++i) {
    subtests.add(true, fmt::format("{}_{}", name, ++number), "SKIP no usable figures");
  }
}

std::string claim_ktap(unsigned number, const ClaimVerdict& claim) {
  Subtests subtests;
  for (const auto& side : claim.sides) {
    add_side(claim, side, subtests);
  }
  std::string text;
  if (subtests.count > 0) {
    text += fmt::format("  KTAP version 1\n  # Subtest: {}\n  1..{}\n{}", safe(claim.claim), subtests.count,
                        subtests.lines);
  }
  text += fmt::format("# {}\n# {}\n", safe(claim.says), safe(claim.rule));
  text += claim.coverage.empty() ? "" : fmt::format("# patch: {}\n", safe(claim.coverage));
  // A parent fails with its subtests; an undecided claim is skipped, as it neither passed nor failed.
  const bool failed = claim.verdict == Verdict::refuted || subtests.failed;
  const bool decided = claim.verdict == Verdict::holds || failed;
  return text + fmt::format("{} {} {} # {}{}: {}\n", failed ? "not ok" : "ok", number, safe(claim.claim),
                            decided ? "" : "SKIP ", name_of(claim.verdict), safe(claim.reason));
}

}  // namespace

std::string run_ktap(const store::RunView& view) {
  std::string text = fmt::format("KTAP version 1\n1..{}\n", view.verdicts.size());
  text += fmt::format("# {}, run {}\n", safe(view.run.experiment), safe(view.run.id));
  for (const auto& kernel : view.run.kernels) {
    text +=
        fmt::format("# kernel {}: {} {}\n", safe(kernel.variant), safe(kernel.release), short_id(kernel.id));
  }
  for (const auto& kernel : verdict::coverage_by_kernel(view.trials)) {
    text += fmt::format("# patch of {}: {}\n", safe(kernel.variant),
                        safe(probe::coverage_of(kernel.lines).text()));
  }
  if (const auto taint = taint_text(view); !taint.empty()) {
    text += fmt::format("# {}\n", taint);
  }
  unsigned number = 0;
  for (const auto& claim : view.verdicts) {
    text += claim_ktap(++number, claim);
  }
  return text;
}

}  // namespace assay::report
