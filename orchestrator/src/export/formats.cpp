// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/formats.hpp"

#include <set>

namespace assay::exports {

std::vector<std::string> counter_names(const store::RunView& view) {
  std::set<std::string> names;
  for (const auto& record : view.trials) {
    for (const auto& counter : record.counters) {
      names.insert(counter.name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace assay::exports
