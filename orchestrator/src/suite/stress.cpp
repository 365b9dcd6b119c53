// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/stress.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace assay::suite {
namespace {

constexpr std::string_view stress_program = "stress-ng";
constexpr std::string_view guest_program = "/opt/stress-ng";

Category category_of(const std::string& stressor, const StressLimits& limits) {
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(limits.time).count());
  Category category;
  category.name = stressor;
  category.arguments = {"/tmp",      std::string(guest_program), "--" + stressor, "1", "--verify",
                        "--timeout", fmt::format("{}s", seconds)};
  if (limits.operations) {
    category.arguments.push_back(fmt::format("--{}-ops", stressor));
    category.arguments.push_back(fmt::to_string(*limits.operations));
  }
  return category;
}

}  // namespace

std::vector<std::string> stressors_in(std::string_view listing) {
  constexpr std::string_view mark = "' stressors:";
  std::vector<std::string> names;
  const auto at = listing.find(mark);
  if (at == std::string_view::npos) {
    return names;
  }
  std::string words(listing.substr(at + mark.size()));
  std::ranges::replace(words, '\n', ' ');
  for (const auto word : split(words, ' ')) {
    if (!word.empty()) {
      names.emplace_back(word);
    }
  }
  return names;
}

Task<Result<Plan>> plan_of_stress(StressLimits limits) {
  const auto program = find_program(stress_program).string();
  if (program.empty()) {
    co_return fail(Failure::usage, "there is no stress-ng: apt install stress-ng");
  }
  Command ask;
  ask.argv = {program, "--class", "vm?"};
  auto listing = co_await output_of(std::move(ask));
  if (!listing) {
    co_return listing.error().within("list the stressors of stress-ng");
  }
  Plan plan;
  plan.suite = stress_program;
  plan.heading = "stress-ng, class vm";
  plan.dialect = Dialect::stress;
  plan.files.push_back({std::string(guest_program), program, ""});
  for (const auto& stressor : stressors_in(*listing)) {
    plan.categories.push_back(category_of(stressor, limits));
    plan.planned.push_back({stressor, stressor, ""});
  }
  if (plan.categories.empty()) {
    co_return fail(Failure::infrastructure, "cannot list the stressors of stress-ng: it printed {}",
                   one_line(*listing));
  }
  co_return plan;
}

}  // namespace assay::suite
