// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/settle.hpp"

#include "base/text.hpp"
#include "verdict/figures.hpp"
#include "verdict/sides.hpp"

#include <algorithm>

namespace assay::verdict {

void settle(ClaimVerdict& it, Verdict verdict, std::string reason) {
  it.verdict = verdict;
  it.reason = std::move(reason);
}

bool settle_without_figures(ClaimVerdict& it) {
  std::size_t usable = 0;
  for (const auto& side : it.sides) {
    usable += side.values.size();
  }
  for (const auto& side : it.sides) {
    if (side.values.empty() && tried(side) > 0) {
      settle(it, Verdict::not_run,
             fmt::format("no usable trial of {}: {}", side.variant, listed(side.why_unusable)));
      return true;
    }
  }
  if (usable == 0) {
    settle(it, Verdict::not_run, "no trial was run");
  }
  return usable == 0;
}

bool has_enough(const ClaimVerdict& it, unsigned min_trials) {
  return std::all_of(it.sides.begin(), it.sides.end(),
                     [&](const Side& side) { return side.values.size() >= min_trials; });
}

void settle_for_want_of_trials(ClaimVerdict& it, unsigned min_trials) {
  std::vector<std::string> counts;
  for (const auto& side : it.sides) {
    const auto has = static_cast<unsigned>(side.values.size());
    if (has < min_trials) {
      it.more_trials = std::max(it.more_trials, min_trials - has);
      counts.push_back(fmt::format("{} usable trial{} of {}", has, plural(has), side.variant));
    }
  }
  settle(it, Verdict::inconclusive,
         fmt::format("only {}; {} more per variant would decide", listed(counts), it.more_trials));
}

void add_findings(ClaimVerdict& it) {
  for (const auto& side : it.sides) {
    if (side.findings > 0) {
      it.reason += fmt::format("; {} finding{} in {}", side.findings, plural(side.findings), side.variant);
    }
  }
}

}  // namespace assay::verdict
