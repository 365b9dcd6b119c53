// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "trial/outcome.hpp"

#include <string>
#include <utility>
#include <vector>

namespace assay::verdict {

using Counters = std::vector<std::pair<std::string, std::int64_t>>;

inline trial::TrialRecord record_of(const std::string& variant, unsigned repeat, const Counters& counters) {
  trial::TrialRecord record;
  record.key = {variant, "machine", "workload", repeat};
  record.outcome = trial::Outcome::pass;
  for (const auto& [name, value] : counters) {
    record.counters.push_back({name, value});
  }
  return record;
}

/// One passed trial per value, with retries = value and touches = 100.
inline void add_passed(std::vector<trial::TrialRecord>& trials, const std::string& variant,
                       const std::vector<std::int64_t>& retries) {
  unsigned repeat = 0;
  for (const auto value : retries) {
    trials.push_back(record_of(variant, repeat++, {{"retries", value}, {"touches", 100}}));
  }
}

inline trial::TrialRecord ended(const std::string& variant, trial::Outcome outcome, std::string reason) {
  auto record = record_of(variant, 99, {{"retries", 50}, {"touches", 100}});
  record.outcome = outcome;
  record.reason = std::move(reason);
  return record;
}

}  // namespace assay::verdict
