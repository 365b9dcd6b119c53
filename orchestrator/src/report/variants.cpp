// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/variants.hpp"

#include <algorithm>

namespace assay::report {

Variants::Variants(const store::RunView& view) {
  const auto add = [this](std::string_view name) {
    if (place(name) == names_.size()) {
      names_.emplace_back(name.substr(0, name.find('/')));
    }
  };
  for (const auto& kernel : view.run.kernels) {
    add(kernel.variant);
  }
  for (const auto& claim : view.verdicts) {
    for (const auto& side : claim.sides) {
      add(side.variant);
    }
  }
  for (const auto& record : view.trials) {
    add(record.key.variant);
  }
}

std::size_t Variants::place(std::string_view variant) const {
  const auto found = std::ranges::find(names_, variant.substr(0, variant.find('/')));
  return static_cast<std::size_t>(found - names_.begin());
}

}  // namespace assay::report
