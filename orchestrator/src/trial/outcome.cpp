// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/outcome.hpp"

namespace assay::trial {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::fail:
      return "fail";
    case Outcome::finding:
      return "finding";
    case Outcome::skip:
      return "skip";
    case Outcome::lost:
      break;
  }
  return "lost";
}

const std::int64_t* TrialRecord::counter(std::string_view name) const {
  for (const auto& counter : counters) {
    if (counter.name == name) {
      return &counter.value;
    }
  }
  return nullptr;
}

}  // namespace assay::trial
