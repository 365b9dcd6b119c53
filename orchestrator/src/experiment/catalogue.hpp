// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::experiment {

struct ParameterInfo {
  std::string name;
  std::string type;  ///< "integer", "size", "bool" or "boolean", "choice", "duration"
  std::string unit;
  std::string help;
  std::string default_value;
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  std::vector<std::string> choices;
};

struct CounterInfo {
  std::string name;
  std::string unit;
  std::string help;
};

struct WorkloadInfo {
  std::string name;
  std::string summary;
  std::vector<ParameterInfo> parameters;
  std::vector<CounterInfo> counters;
  std::vector<std::string> checks;  ///< names of its own consistency checks
  [[nodiscard]] const ParameterInfo* parameter(std::string_view name) const;
};

struct SamplerInfo {
  std::string name;  ///< "vmstat"
  std::vector<CounterInfo>
      metrics;  ///< names without the sampler's prefix; may be empty when only a running kernel knows
};

/// What the agent can do, as `assay-agent --describe` says it: the words that an experiment may use.
class Catalogue {
 public:
  /// Error: infrastructure when the JSON is not what an agent prints.
  [[nodiscard]] static Result<Catalogue> from_json(std::string_view json);

  [[nodiscard]] const std::string& agent_version() const { return agent_version_; }
  [[nodiscard]] const std::vector<WorkloadInfo>& workloads() const { return workloads_; }
  [[nodiscard]] const std::vector<SamplerInfo>& samplers() const { return samplers_; }
  [[nodiscard]] const WorkloadInfo* workload(std::string_view name) const;

 private:
  std::string agent_version_;
  std::vector<WorkloadInfo> workloads_;
  std::vector<SamplerInfo> samplers_;
};

/// Runs `agent --describe`.
Task<Result<Catalogue>> ask_agent(std::filesystem::path agent);

}  // namespace assay::experiment
