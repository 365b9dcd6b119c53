// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/variants.hpp"

#include "report/page/page.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {

Variants::Variants(const RunView& view) {
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

std::string Variants::html(std::string_view variant) const {
  constexpr std::size_t colours = 6;        // of orchestrator/browser/report.css
  constexpr std::size_t forms = 4;          // of orchestrator/browser/sides.css
  constexpr std::size_t short_enough = 24;  // to stay with its mark on a narrow screen
  const auto form = place(variant) / colours % forms;
  return fmt::format("<span{}><i class=\"side side-{}{}\"></i>{}</span>",
                     variant.size() <= short_enough ? " class=\"keep\"" : "", place(variant) % colours,
                     form == 0 ? "" : fmt::format(" form-{}", form), html_text(variant));
}

}  // namespace assay::report
