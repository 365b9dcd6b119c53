// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"

#include <nlohmann/json.hpp>

namespace assay::experiment {
namespace {

using nlohmann::json;

/// A string, or a number or truth value as it is written; "" when absent or null.
std::string text_of(const json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) {
    return "";
  }
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<std::int64_t> number_of(const json& object, const char* key) {
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) {
    return std::nullopt;
  }
  return value->get<std::int64_t>();
}

/// The elements of an array; none when it is absent.
json array_of(const json& object, const char* key) {
  const auto value = object.find(key);
  return value == object.end() ? json::array() : *value;
}

CounterInfo counter_from(const json& object) {
  return {object.at("name").get<std::string>(), text_of(object, "unit"), text_of(object, "help")};
}

ParameterInfo parameter_from(const json& object) {
  ParameterInfo info;
  info.name = object.at("name").get<std::string>();
  info.type = object.at("type").get<std::string>();
  info.unit = text_of(object, "unit");
  info.help = text_of(object, "help");
  info.default_value = text_of(object, "default");
  info.min = number_of(object, "min");
  info.max = number_of(object, "max");
  info.choices = array_of(object, "choices").get<std::vector<std::string>>();
  return info;
}

WorkloadInfo workload_from(const json& object) {
  WorkloadInfo info;
  info.name = object.at("name").get<std::string>();
  info.summary = text_of(object, "summary");
  for (const auto& parameter : array_of(object, "parameters")) {
    info.parameters.push_back(parameter_from(parameter));
  }
  for (const auto& counter : array_of(object, "counters")) {
    info.counters.push_back(counter_from(counter));
  }
  for (const auto& check : array_of(object, "checks")) {
    info.checks.push_back(check.at("name").get<std::string>());
  }
  return info;
}

SamplerInfo sampler_from(const json& object) {
  SamplerInfo info;
  info.name = object.at("name").get<std::string>();
  for (const auto& metric : array_of(object, "metrics")) {
    info.metrics.push_back(counter_from(metric));
  }
  return info;
}

}  // namespace

const ParameterInfo* WorkloadInfo::parameter(std::string_view wanted) const {
  for (const auto& info : parameters) {
    if (info.name == wanted) {
      return &info;
    }
  }
  return nullptr;
}

Result<Catalogue> Catalogue::from_json(std::string_view text) {
  try {
    const auto root = json::parse(text);
    Catalogue catalogue;
    catalogue.agent_version_ = root.at("agent").get<std::string>();
    for (const auto& workload : root.at("workloads")) {
      catalogue.workloads_.push_back(workload_from(workload));
    }
    for (const auto& sampler : array_of(root, "samplers")) {
      catalogue.samplers_.push_back(sampler_from(sampler));
    }
    return catalogue;
  } catch (const json::exception& error) {
    return fail(Failure::infrastructure, "cannot understand what the agent says of itself: {}", error.what());
  }
}

const WorkloadInfo* Catalogue::workload(std::string_view name) const {
  for (const auto& info : workloads_) {
    if (info.name == name) {
      return &info;
    }
  }
  return nullptr;
}

}  // namespace assay::experiment
