// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/summary.hpp"

#include "base/text.hpp"
#include "report/layout.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace assay::report {

void OutcomeCounts::add(trial::Outcome outcome) {
  switch (outcome) {
    case trial::Outcome::pass:
      ++pass;
      return;
    case trial::Outcome::fail:
      ++fail;
      return;
    case trial::Outcome::finding:
      ++finding;
      return;
    case trial::Outcome::skip:
      ++skip;
      return;
    case trial::Outcome::lost:
      ++lost;
      return;
  }
}

OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials) {
  OutcomeCounts counts;
  for (const auto& record : trials) {
    counts.add(record.outcome);
  }
  return counts;
}

std::string text_of(const OutcomeCounts& counts) {
  using Part = std::pair<unsigned, std::string_view>;
  const std::array parts{Part{counts.pass, "passed"}, Part{counts.fail, "failed"},
                         Part{counts.finding, "with findings"}, Part{counts.skip, "skipped"},
                         Part{counts.lost, "lost"}};
  std::string text;
  for (const auto& [count, word] : parts) {
    if (count > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word);
    }
  }
  return text.empty() ? "none" : text;
}

std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts) {
  unsigned holds = 0;
  unsigned refuted = 0;
  unsigned inconclusive = 0;
  unsigned not_run = 0;
  for (const auto& one : verdicts) {
    holds += one.verdict == verdict::Verdict::holds ? 1 : 0;
    refuted += one.verdict == verdict::Verdict::refuted ? 1 : 0;
    inconclusive += one.verdict == verdict::Verdict::inconclusive ? 1 : 0;
    not_run += one.verdict == verdict::Verdict::not_run ? 1 : 0;
  }
  using Part = std::pair<unsigned, std::string_view>;
  const std::array parts{Part{holds, holds == 1 ? "holds" : "hold"}, Part{refuted, "refuted"},
                         Part{inconclusive, "inconclusive"}, Part{not_run, "not run"}};
  std::string text = fmt::format("{} claim{}", verdicts.size(), plural(verdicts.size()));
  std::string_view separator = ": ";
  for (const auto& [count, word] : parts) {
    if (count > 0) {
      text += fmt::format("{}{} {}", separator, count, word);
      separator = ", ";
    }
  }
  return text;
}

nlohmann::ordered_json object_from(std::string_view text) {
  auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::ordered_json::object();
}

std::string member(const nlohmann::ordered_json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) {
    return "";
  }
  return one_line(value->is_string() ? value->get<std::string>()
                                     : value->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

std::string short_id(std::string_view id) { return one_line(id.substr(0, 12)); }

}  // namespace assay::report
