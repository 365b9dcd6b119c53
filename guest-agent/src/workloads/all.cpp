// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/all.hpp"
#include "contract/workload.hpp"

#include <algorithm>

namespace assay::agent {

const std::vector<Workload>& all_workloads() {
#define ASSAY_DESCRIBE(name) workloads::name(),
  static const std::vector<Workload> all{ASSAY_ALL_WORKLOADS(ASSAY_DESCRIBE)};
#undef ASSAY_DESCRIBE
  return all;
}

const Workload* find_workload(std::string_view name) {
  const auto& workloads = all_workloads();
  const auto found = std::ranges::find(workloads, name, &Workload::name);
  return found == workloads.end() ? nullptr : &*found;
}

}  // namespace assay::agent
