// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/report.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace assay::probe {
namespace {

using Json = nlohmann::ordered_json;

/// Until there were five states, all but the first two were "not in this build".
LineState state_from(const std::string& name) {
  for (const auto state :
       {LineState::ran, LineState::not_run, LineState::not_built, LineState::unwatched, LineState::removed}) {
    if (name_of(state) == name) {
      return state;
    }
  }
  return LineState::no_instruction;
}

Json json_of(const CoveredLine& covered) {
  const auto& line = covered.line;
  Json json{{"file", line.file}, {"line", line.line}, {"state", name_of(covered.state)}, {"text", line.text}};
  if (covered.among_code) {
    json["among_code"] = true;
  }
  return json;
}

CoveredLine line_from(const Json& json) {
  CoveredLine covered;
  covered.state = state_from(json.at("state").get<std::string>());
  covered.among_code = json.value("among_code", false);
  covered.line = {json.at("file").get<std::string>(), json.at("line").get<unsigned>(),
                  json.at("text").get<std::string>(), covered.state == LineState::removed};
  return covered;
}

}  // namespace

std::string_view name_of(LineState state) {
  switch (state) {
    case LineState::ran:
      return "ran";
    case LineState::not_run:
      return "not run";
    case LineState::no_instruction:
      return "no instruction of its own";
    case LineState::not_built:
      return "not built";
    case LineState::unwatched:
      return "perhaps in a module";
    case LineState::removed:
      break;
  }
  return "removed";
}

std::string Coverage::text() const {
  if (lines == 0) {
    return "the series adds and removes no line";
  }
  auto text = fmt::format("{} of {} patched line{} ran", ran, lines, plural(lines));
  const auto add = [&text](std::size_t count, std::string_view one, std::string_view several) {
    if (count > 0) {
      text += fmt::format("; {} {}", count, count == 1 ? one : several);
    }
  };
  add(not_run, "did not", "did not");
  add(no_instruction, "has no instruction of its own", "have no instruction of their own");
  add(not_built, "is in a file that is not built", "are in files that are not built");
  add(unwatched, "is perhaps in a module, where none is watched",
      "are perhaps in modules, where none is watched");
  add(removed, "removed", "removed");
  return text;
}

Coverage coverage_of(const std::vector<CoveredLine>& lines) {
  Coverage coverage;
  coverage.lines = lines.size();
  for (const auto& line : lines) {
    auto& count = line.state == LineState::ran              ? coverage.ran
                  : line.state == LineState::not_run        ? coverage.not_run
                  : line.state == LineState::no_instruction ? coverage.no_instruction
                  : line.state == LineState::not_built      ? coverage.not_built
                  : line.state == LineState::unwatched      ? coverage.unwatched
                                                            : coverage.removed;
    ++count;
  }
  return coverage;
}

void merge_lines(std::vector<CoveredLine>& into, const std::vector<CoveredLine>& more) {
  if (into.empty()) {
    into = more;
    return;
  }
  for (std::size_t i = 0; i < std::min(into.size(), more.size()); ++i) {
    into[i].state = std::min(into[i].state, more[i].state);
  }
}

std::string to_json(const ProbeReport& report) {
  Json json{{"name", report.name},
            {"kind", report.kind},
            {"what", report.what},
            {"instructions", report.instructions},
            {"where", report.where}};
  if (report.automatic) {
    json["automatic"] = true;
  }
  if (!report.ran.empty()) {
    json["ran"] = report.ran;
  }
  for (const auto& line : report.lines) {
    json["lines"].push_back(json_of(line));
  }
  for (const auto& hit : report.order) {
    json["order"].push_back({{"sequence", hit.sequence}, {"place", hit.place}, {"vcpu", hit.vcpu}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ProbeReport report_from_json(std::string_view text) {
  ProbeReport report;
  try {
    const auto json = Json::parse(text);
    report.name = json.at("name").get<std::string>();
    report.kind = json.at("kind").get<std::string>();
    report.what = json.at("what").get<std::string>();
    report.instructions = json.at("instructions").get<std::size_t>();
    report.where = json.at("where").get<std::vector<std::string>>();
    report.automatic = json.value("automatic", false);
    report.ran = json.value("ran", std::vector<std::string>());
    for (const auto& line : json.value("lines", Json::array())) {
      report.lines.push_back(line_from(line));
    }
    for (const auto& hit : json.value("order", Json::array())) {
      report.order.push_back({hit.at("sequence").get<std::uint64_t>(), hit.at("place").get<std::string>(),
                              hit.at("vcpu").get<unsigned>()});
    }
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  return report;
}

}  // namespace assay::probe
