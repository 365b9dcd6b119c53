// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/describe.hpp"

#include "base/json.hpp"
#include "contract/workload.hpp"
#include "frame.hpp"
#include "metrics/known_metrics.hpp"
#include "version.hpp"

namespace assay::agent {
namespace {

std::string_view name_of(ParameterType type) {
  switch (type) {
    case ParameterType::integer:
      return "integer";
    case ParameterType::size:
      return "size";
    case ParameterType::boolean:
      return "bool";
    case ParameterType::choice:
      return "choice";
    case ParameterType::duration:
      return "duration";
  }
  return "";
}

void put_parameter(JsonWriter& json, const ParameterSpec& spec) {
  json.begin('{').text(spec.name, "name").text(name_of(spec.type), "type").text(spec.unit, "unit");
  json.text(spec.default_value, "default");
  if (spec.type == ParameterType::choice) {
    json.begin('[', "choices");
    for (const auto choice : spec.choices) {
      json.text(choice);
    }
    json.end(']');
  } else if (spec.type != ParameterType::boolean) {
    json.number(spec.min, "min").number(spec.max, "max");
  }
  json.text(spec.help, "help").end('}');
}

void put_workload(JsonWriter& json, const Workload& workload) {
  json.begin('{').text(workload.name, "name").text(workload.summary, "summary");
  json.begin('[', "parameters");
  for (const auto& spec : workload.parameters) {
    put_parameter(json, spec);
  }
  json.end(']').begin('[', "counters");
  for (const auto& spec : workload.counters) {
    json.begin('{').text(spec.name, "name").text(spec.unit, "unit").text(spec.help, "help").end('}');
  }
  json.end(']').begin('[', "checks");
  for (const auto& spec : workload.checks) {
    json.begin('{').text(spec.name, "name").text(spec.help, "help").end('}');
  }
  json.end(']').end('}');
}

void put_sampler(JsonWriter& json, std::string_view name, ProcKind kind) {
  json.begin('{').text(name, "name").begin('[', "metrics");
  for (const auto metric : known_metrics(kind)) {
    json.begin('{').text(metric, "name").text(unit_of(kind, metric), "unit").end('}');
  }
  json.end(']').end('}');
}

}  // namespace

std::string describe() {
  JsonWriter json;
  json.begin('{').text(agent_version, "agent").number(wire::protocol_version, "protocol");
  json.begin('[', "workloads");
  for (const auto& workload : all_workloads()) {
    put_workload(json, workload);
  }
  json.end(']').begin('[', "samplers");
  put_sampler(json, "vmstat", ProcKind::vmstat);
  put_sampler(json, "meminfo", ProcKind::meminfo);
  put_sampler(json, "buddyinfo", ProcKind::buddyinfo);
  put_sampler(json, "psi", ProcKind::psi);
  json.end(']').end('}');
  return json.take();
}

}  // namespace assay::agent
