// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace assay::agent {

class Context;

enum class ParameterType : std::uint8_t {
  integer,
  size,      ///< bytes: "4096", "64K", "16M", "1G"
  boolean,   ///< "true" or "false"
  choice,    ///< one of `choices`
  duration,  ///< nanoseconds: "250us", "10ms", "2s", "5min"
};

struct ParameterSpec {
  std::string_view name{};
  ParameterType type = ParameterType::integer;
  std::string_view unit{};  ///< of min and max; empty for a boolean and a choice
  std::string_view default_value{};
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string_view> choices{};
  std::string_view help{};
};

struct CounterSpec {
  std::string_view name{};
  std::string_view unit{};
  std::string_view help{};
};

struct CheckSpec {
  std::string_view name{};
  std::string_view help{};
};

/// Something that the agent can do to memory. One file below workloads/ each, and one line in all.hpp there.
struct Workload {
  std::string_view name{};
  std::string_view summary{};  ///< one sentence
  std::vector<ParameterSpec> parameters{};
  std::vector<CounterSpec> counters{};  ///< beside vmstat.* and meminfo.*, which every workload reports
  std::vector<CheckSpec> checks{};
  /// Does it, in a process of its own. Throws WorkloadSkip when this kernel or machine cannot, Refusal when
  /// the parameters do not fit each other, and anything else when it failed for a reason that says nothing
  /// about the kernel. Equal seeds give equal actions.
  void (*run)(Context& context) = nullptr;
};

/// All workloads, by name.
[[nodiscard]] const std::vector<Workload>& all_workloads();
/// Null when there is none.
[[nodiscard]] const Workload* find_workload(std::string_view name);

}  // namespace assay::agent
