// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/order_reader.hpp"

#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"

#include <algorithm>
#include <limits>

namespace assay::experiment {
namespace {

/// A whole number in a string or as it is, within the parameter's range; `shown` is how the user wrote it.
void check_range(std::string_view shown, std::int64_t value, const ParameterInfo& info, Place where,
                 Mistakes& mistakes) {
  if ((info.min && value < *info.min) || (info.max && value > *info.max)) {
    const auto text = [](const std::optional<std::int64_t>& limit) {
      return limit ? fmt::format("{}", *limit) : std::string("any");
    };
    mistakes.add(where, fmt::format("{} = {} is out of range: {} to {}{}{}", info.name, shown, text(info.min),
                                    text(info.max), info.unit.empty() ? "" : " ", info.unit));
  }
}

void wrong_value(const TomlChild& child, std::string_view wanted, Mistakes& mistakes) {
  mistakes.add(place_of(child.node->source()),
               fmt::format("parameter {} must be {}, not {}", child.name, wanted, kind_of(*child.node)));
}

std::string read_choice(const TomlChild& child, const ParameterInfo& info, Mistakes& mistakes) {
  if (!child.node->is_string()) {
    wrong_value(child, fmt::format("one of {}", listed(info.choices)), mistakes);
    return "";
  }
  const auto& text = child.node->ref<std::string>();
  for (const auto& choice : info.choices) {
    if (choice == text) {
      return text;
    }
  }
  mistakes.add(place_of(child.node->source()),
               fmt::format("{} = \"{}\" is not one of {}{}", info.name, text, listed(info.choices),
                           did_you_mean(text, info.choices)));
  return text;
}

/// A string with a unit, checked in the base unit that the agent's range speaks of.
template <class Parse>
std::string read_quantity(const TomlChild& child, const ParameterInfo& info, std::string_view wanted,
                          Parse parse, Mistakes& mistakes) {
  if (!child.node->is_string()) {
    wrong_value(child, wanted, mistakes);
    return "";
  }
  const auto& text = child.node->ref<std::string>();
  const Result<std::int64_t> value = parse(text);
  const auto where = place_of(child.node->source());
  if (!value) {
    mistakes.add(where, fmt::format("parameter {}: {}", info.name, value.error().text()));
    return "";
  }
  check_range(text, *value, info, where, mistakes);
  return text;
}

Result<std::int64_t> bytes_as_number(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) {
    return bytes.error();
  }
  if (bytes->value() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(Failure::usage, "\"{}\" is out of range", text);
  }
  return static_cast<std::int64_t>(bytes->value());
}

Result<std::int64_t> duration_as_number(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return duration.error();
  }
  return static_cast<std::int64_t>(duration->count());
}

/// The value as the agent is told it.
std::string read_parameter(const TomlChild& child, const ParameterInfo& info, Mistakes& mistakes) {
  if (info.type == "integer") {
    if (!child.node->is_integer()) {
      wrong_value(child, "a whole number", mistakes);
      return "";
    }
    const auto number = child.node->ref<std::int64_t>();
    check_range(fmt::format("{}", number), number, info, place_of(child.node->source()), mistakes);
    return fmt::format("{}", number);
  }
  if (info.type == "bool" || info.type == "boolean") {
    if (!child.node->is_boolean()) {
      wrong_value(child, "true or false", mistakes);
      return "";
    }
    return child.node->ref<bool>() ? "true" : "false";
  }
  if (info.type == "choice") {
    return read_choice(child, info, mistakes);
  }
  if (info.type == "size") {
    return read_quantity(child, info, "a string such as \"64M\"", bytes_as_number, mistakes);
  }
  return read_quantity(child, info, "a string such as \"20ms\"", duration_as_number, mistakes);
}

void read_parameters(const toml::table& table, const WorkloadInfo& info,
                     std::map<std::string, std::string>& parameters, Mistakes& mistakes) {
  for (const auto& child : children_of(table)) {
    const auto* parameter = info.parameter(child.name);
    if (parameter == nullptr) {
      mistakes.add(child.key, fmt::format("workload {} has no parameter \"{}\"{}", info.name, child.name,
                                          did_you_mean(child.name, names_of(info.parameters))));
      continue;
    }
    parameters[child.name] = read_parameter(child, *parameter, mistakes);
  }
}

Result<Nanoseconds> parse_interval(std::string_view text) {
  auto interval = parse_duration(text);
  if (interval && (*interval < std::chrono::milliseconds(10) || *interval > std::chrono::hours(1))) {
    return fail(Failure::usage, "\"{}\" is out of range: 10ms (100 Hz) to 1h", text);
  }
  return interval;
}

void read_sources(TableReader& reader, const Catalogue& catalogue, trial::Sampling& sampling,
                  Mistakes& mistakes) {
  const auto known = names_of(catalogue.samplers());
  std::vector<PlacedText> sources;
  const bool wrong = reader.has("sources") && !reader.read("sources", sources);
  for (const auto& source : sources) {
    if (std::find(known.begin(), known.end(), source.text) == known.end()) {
      const auto hint = did_you_mean(source.text, known);
      mistakes.add(source.where, fmt::format("the agent cannot sample \"{}\"{}", source.text,
                                             hint.empty() ? "; there is " + listed(known) : hint));
    } else if (std::find(sampling.sources.begin(), sampling.sources.end(), source.text) !=
               sampling.sources.end()) {
      mistakes.add(source.where, fmt::format("\"{}\" is there twice", source.text));
    } else {
      sampling.sources.push_back(source.text);
    }
  }
  reader.find("sources");
  if (sources.empty() && !wrong) {
    reader.mistake("sources",
                   fmt::format("{} needs sources = [...]; there is {}", reader.what(), listed(known)));
  }
}

}  // namespace

Result<Nanoseconds> parse_timeout(std::string_view text) {
  auto timeout = parse_duration(text);
  if (timeout && (*timeout < std::chrono::seconds(1) || *timeout > std::chrono::hours(24))) {
    return fail(Failure::usage, "\"{}\" is out of range: 1s to 24h", text);
  }
  return timeout;
}

void read_sampling(TableReader& file, const Catalogue& catalogue, trial::Sampling& sampling,
                   Mistakes& mistakes) {
  const toml::table* table = nullptr;
  if (!file.read("sampling", table)) {
    return;
  }
  TableReader reader(*table, place_of(table->source()), "[sampling]", mistakes);
  reader.read("rate", sampling.interval, "10Hz", parse_rate);
  if (reader.has("rate") && reader.has("interval")) {
    reader.mistake("interval", "[sampling] has both a rate and an interval");
  }
  reader.read("interval", sampling.interval, "100ms", parse_interval);
  if (!reader.has("rate") && !reader.has("interval")) {
    reader.missing("rate");
  }
  read_sources(reader, catalogue, sampling, mistakes);
  reader.finish();
}

void read_workload_call(TableReader& reader, const Catalogue& catalogue, std::string& workload,
                        std::map<std::string, std::string>& parameters, Mistakes& mistakes) {
  const WorkloadInfo* info = nullptr;
  if (reader.require("workload", workload)) {
    info = catalogue.workload(workload);
    if (info == nullptr) {
      const auto known = names_of(catalogue.workloads());
      const auto hint = did_you_mean(workload, known);
      reader.mistake("workload",
                     fmt::format("unknown workload \"{}\"{}", workload,
                                 hint.empty() ? fmt::format("; there is {}", listed(known)) : hint));
    }
  }
  const toml::table* params = nullptr;
  if (reader.read("params", params) && info != nullptr) {
    read_parameters(*params, *info, parameters, mistakes);
  }
}

Result<trial::Order> read_order(const toml::table& wish, const Catalogue& catalogue) {
  Mistakes mistakes("");
  TableReader reader(wish, {}, "the order", mistakes);
  trial::Order order;
  read_workload_call(reader, catalogue, order.workload, order.parameters, mistakes);
  order.name = order.workload;
  reader.read("timeout", order.timeout, "60s", parse_timeout);
  reader.read("seed", order.seed, 0, std::numeric_limits<std::int64_t>::max());
  read_sampling(reader, catalogue, order.sampling, mistakes);
  reader.finish();
  return mistakes.none() ? Result<trial::Order>(std::move(order)) : mistakes.error();
}

}  // namespace assay::experiment
