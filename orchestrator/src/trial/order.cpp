// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/order.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace assay::trial {

std::uint64_t seed_of(std::uint64_t all, const TrialKey& key) {
  const auto digest = sha256(fmt::format("{}\n{}\n{}\n{}", all, key.machine, key.workload, key.repeat));
  return std::strtoull(digest.substr(0, 16).c_str(), nullptr, 16);
}

}  // namespace assay::trial
