// SPDX-License-Identifier: GPL-2.0-or-later
// What the page's script reads (orchestrator/browser).
#include "experiment/kept_file.hpp"
#include "report/layout.hpp"
#include "report/limits.hpp"
#include "report/names.hpp"
#include "report/page/page.hpp"
#include "report/variants.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_packed = 5'500'000;  // bytes of packed time lines
constexpr std::size_t fewest_columns = 8;

Json limits_json(const verdict::ClaimVerdict& claim, const verdict::Side& side) {
  auto json = Json::array();
  for (const auto& limit : limits_of(claim, side)) {
    json.push_back({limit.sign, limit.value});
  }
  return json;
}

Json side_json(const verdict::ClaimVerdict& claim, const verdict::Side& side, const Variants& variants) {
  Json json;
  json["name"] = one_line(side.variant);
  json["colour"] = variants.place(side.variant);
  json["values"] = side.values;
  json["labels"] = Json::array();
  for (const auto& source : side.sources) {
    json["labels"].push_back(fmt::format("#{}", source.repeat + 1));
  }
  json["estimate"] = nullptr;
  if (side.estimate && !side.values.empty()) {
    json["estimate"] = {side.estimate->value, side.estimate->interval.low, side.estimate->interval.high};
  }
  json["limits"] = limits_json(claim, side);
  return json;
}

Json claims_json(const store::RunView& view, const Variants& variants) {
  auto json = Json::array();
  for (const auto& claim : view.verdicts) {
    auto sides = Json::array();
    for (const auto& side : claim.sides) {
      sides.push_back(side_json(claim, side, variants));
    }
    json.push_back({{"sides", std::move(sides)}});
  }
  return json;
}

Json trials_json(const store::RunView& view, const Variants& variants) {
  auto json = Json::array();
  for (const auto& record : view.trials) {
    const auto index = variants.place(record.key.variant);
    json.push_back({{"name", one_line(trial_name(record.key))}, {"variant", index}, {"colour", index}});
  }
  return json;
}

/// The metric to begin with: one that a claim on this workload is about, or the first.
std::size_t first_metric(const SampledCell& cell, const store::RunView& view) {
  const auto sources = experiment::claim_sources_in(view.run.experiment_toml);
  for (const auto& source : sources) {
    const auto claim = std::find_if(view.verdicts.begin(), view.verdicts.end(),
                                    [&](const auto& one) { return one.claim == source.claim; });
    if (source.workload != cell.workload || claim == view.verdicts.end()) {
      continue;
    }
    for (std::size_t i = 0; i < cell.metrics.size(); ++i) {
      if (claim->figure.find(cell.metrics[i].name) != std::string::npos) {
        return i;
      }
    }
  }
  return 0;
}

struct PackedCell {
  std::string clocks;
  std::vector<std::string> metrics;
};

std::vector<PackedCell> pack(const TimeLines& lines, std::size_t& bytes) {
  std::vector<PackedCell> cells;
  bytes = 0;
  for (const auto& cell : lines.cells) {
    PackedCell one{packed_clocks(cell), {}};
    bytes += one.clocks.size();
    for (const auto& metric : cell.metrics) {
      one.metrics.push_back(packed_lines(metric));
      bytes += one.metrics.back().size();
    }
    cells.push_back(std::move(one));
  }
  return cells;
}

std::vector<PackedCell> pack_small(TimeLines& lines) {
  std::size_t bytes = 0;
  auto cells = pack(lines, bytes);
  while (bytes > most_packed && lines.columns > fewest_columns) {
    halve(lines);
    cells = pack(lines, bytes);
  }
  return cells;
}

Json cell_json(const SampledCell& cell, const PackedCell& packed_cell, const store::RunView& view) {
  Json json;
  json["name"] = one_line(fmt::format("{}, {}", cell.workload, cell.machine));
  json["trials"] = cell.trials;
  json["clocks"] = packed_cell.clocks;
  json["first"] = first_metric(cell, view);
  json["metrics"] = Json::array();
  for (std::size_t i = 0; i < cell.metrics.size(); ++i) {
    json["metrics"].push_back({{"name", one_line(cell.metrics[i].name)},
                               {"unit", one_line(cell.metrics[i].unit)},
                               {"lines", packed_cell.metrics[i]}});
  }
  return json;
}

Json events_json(const TimeLines& lines) {
  auto json = Json::object();
  for (const auto& [trial, events] : lines.events) {
    auto list = Json::array();
    for (const auto& [time, event] : events) {
      list.push_back({time, one_line(event.name), cut(event.detail, 300), event.value});
    }
    json[std::to_string(trial)] = std::move(list);
  }
  return json;
}

/// JSON without a "<": nothing in it ends the element that holds it, nor begins a comment.
std::string for_script(const Json& json) {
  const auto text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

std::string page_data(const store::RunView& view, TimeLines& lines) {
  const Variants variants(view);
  Json json;
  json["variants"] = Json::array();
  for (const auto& name : variants.names()) {
    json["variants"].push_back(one_line(name));
  }
  json["claims"] = claims_json(view, variants);
  json["trials"] = trials_json(view, variants);
  const auto packed_cells = pack_small(lines);
  json["cells"] = Json::array();
  for (std::size_t i = 0; i < lines.cells.size(); ++i) {
    if (!lines.cells[i].metrics.empty()) {
      json["cells"].push_back(cell_json(lines.cells[i], packed_cells[i], view));
    }
  }
  json["events"] = events_json(lines);
  return for_script(json);
}

}  // namespace assay::report
