// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/names.hpp"

#include "base/text.hpp"
#include "report/stored_json.hpp"

#include <fmt/format.h>

namespace assay::report {

std::string built_as(const store::KernelInfo& kernel) {
  const auto name = member(object_from(kernel.provenance), "variant");
  const auto release = one_line(kernel.release);
  return name.empty() || name == kernel.variant ? release : fmt::format("{}, {}", name, release);
}

std::string short_id(std::string_view id) { return one_line(id.substr(0, 12)); }

std::string trial_name(const trial::TrialKey& key) {
  return fmt::format("{}/{}/{} #{}", key.variant, key.machine, key.workload, key.repeat + 1);
}

}  // namespace assay::report
