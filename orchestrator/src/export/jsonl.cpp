// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "export/formats.hpp"
#include "report/formats/formats.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>

namespace assay::exports {
namespace {

using Json = nlohmann::ordered_json;

Status put_line(const Sink& sink, std::string_view type, const Json& fields) {
  Json line{{"type", type}};
  line.update(fields);
  return sink(line.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n");
}

Json key_json(const trial::TrialKey& key) {
  return {{"variant", printable(key.variant)},
          {"machine", printable(key.machine)},
          {"workload", printable(key.workload)},
          {"repeat", key.repeat}};
}

Status put_samples(const ExportedRun& run, const trial::TrialKey& key, const Sink& sink) {
  const auto all = run.results.samples(run.view.run.id, key, "");
  if (!all) {
    return all.error();
  }
  for (const auto& series : *all) {
    auto line = key_json(key);
    line["time_ns"] = series.times;
    line["metric"] = printable(series.name);
    line["unit"] = printable(series.unit);
    line["values"] = series.values;
    if (auto written = put_line(sink, "samples", line); !written) {
      return written;
    }
  }
  return {};
}

Status put_events(const ExportedRun& run, const trial::TrialKey& key, const Sink& sink) {
  const auto events = run.results.events(run.view.run.id, key);
  if (!events) {
    return events.error();
  }
  for (const auto& event : *events) {
    auto line = key_json(key);
    line["time_ns"] = event.time_ns;
    line["name"] = printable(event.name);
    line["detail"] = printable(event.detail);
    line["value"] = event.value;
    if (auto written = put_line(sink, "event", line); !written) {
      return written;
    }
  }
  return {};
}

}  // namespace

Status write_jsonl(const ExportedRun& run, const Sink& sink) {
  // The same fields as `assay show --json`, cut into lines.
  const auto whole = Json::parse(report::run_json(run.view));
  auto head = whole["run"];
  head["format"] = whole["format"];
  if (auto written = put_line(sink, "run", head); !written) {
    return written;
  }
  for (const auto& [list, type] :
       {std::pair{"claims", "claim"}, std::pair{"patches", "patch"}, std::pair{"trials", "trial"}}) {
    for (const auto& one : whole.value(list, Json::array())) {
      if (auto written = put_line(sink, type, one); !written) {
        return written;
      }
    }
  }
  for (const auto& record : run.view.trials) {
    auto written = run.samples ? put_samples(run, record.key, sink) : Status();
    if (written && run.samples) {
      written = put_events(run, record.key, sink);
    }
    if (!written) {
      return written;
    }
  }
  return {};
}

}  // namespace assay::exports
