// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/report.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace assay::probe {
namespace {

using Json = nlohmann::ordered_json;

LineState state_from(const std::string& name) {
  for (const auto state : std::array{LineState::ran, LineState::not_run}) {
    if (name_of(state) == name) {
      return state;
    }
  }
  return LineState::not_built;
}

}  // namespace

std::string_view name_of(LineState state) {
  switch (state) {
    case LineState::ran:
      return "ran";
    case LineState::not_run:
      return "not run";
    case LineState::not_built:
      break;
  }
  return "not in this build";
}

std::string Coverage::text() const {
  if (lines == 0) {
    return std::string(no_line_to_watch);
  }
  return built == 0 ? fmt::format("none of the {} patched line{} is in this build", lines, plural(lines))
                    : fmt::format("{} of {} patched line{} ran", ran, built, plural(built));
}

Coverage coverage_of(const std::vector<CoveredLine>& lines) {
  Coverage coverage;
  coverage.lines = lines.size();
  for (const auto& line : lines) {
    coverage.ran += line.state == LineState::ran ? 1 : 0;
    coverage.built += line.state != LineState::not_built ? 1 : 0;
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
  for (const auto& [line, state] : report.lines) {
    json["lines"].push_back(
        {{"file", line.file}, {"line", line.line}, {"state", name_of(state)}, {"text", line.text}});
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
      report.lines.push_back({{line.at("file").get<std::string>(), line.at("line").get<unsigned>(),
                               line.at("text").get<std::string>()},
                              state_from(line.at("state").get<std::string>())});
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
