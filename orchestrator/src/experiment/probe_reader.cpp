// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/probe_reader.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "experiment/expressions.hpp"
#include "experiment/names.hpp"
#include "probe/place.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace assay::experiment {
namespace {

Result<Nanoseconds> parse_delay(std::string_view text) {
  auto delay = parse_duration(text);
  if (delay && (*delay < std::chrono::microseconds(1) || *delay > probe::longest_delay)) {
    return fail(Failure::usage, "\"{}\" is out of range: 1us to {}", text, human(probe::longest_delay));
  }
  return delay;
}

void read_places(TableReader& reader, const fs::path& file, probe::ProbeSpec& spec, Mistakes& mistakes) {
  std::vector<PlacedText> texts;
  std::string single;
  if (reader.has("place") && reader.has("places")) {
    reader.mistake("places", "[[probes]] has both a place and places");
  }
  if (reader.read("place", single)) {
    texts.push_back({single, reader.place("place")});
  }
  reader.read("places", texts);
  for (const auto& [text, where] : texts) {
    if (const auto place = probe::parse_place(text); !place) {
      mistakes.add(where, place.error().text());
    }
    spec.places.push_back(text);
    spec.at.push_back(fmt::format("{}:{}:{}", file.string(), where.line, where.column));
  }
  if (!reader.has("place") && !reader.has("places")) {
    reader.missing("place");
  }
}

/// The key of a probe that reads well and still cannot be.
std::string_view key_at_fault(const TableReader& reader, const probe::ProbeSpec& spec) {
  if (!is_name(spec.name)) {
    return "name";
  }
  if (spec.kind != probe::Kind::cover &&
      std::find(spec.places.begin(), spec.places.end(), "patch") != spec.places.end()) {
    return reader.has("places") ? "places" : "place";
  }
  if (spec.kind != probe::Kind::delay) {
    constexpr std::array<std::string_view, 5> tuning{"time", "every", "probability", "vcpu", "most"};
    const auto given = std::ranges::find_if(tuning, [&](auto key) { return reader.has(key); });
    return given != tuning.end() ? *given : "name";
  }
  if (!(spec.probability > 0 && spec.probability <= 1)) {
    return "probability";
  }
  return !reader.has("time") ? "kind" : spec.vcpu ? "vcpu" : "time";
}

probe::ProbeSpec read_probe(const toml::table& table, const Experiment& experiment, Mistakes& mistakes) {
  TableReader reader(table, place_of(table.source()), "[[probes]]", mistakes);
  const bool right_so_far = mistakes.none();
  probe::ProbeSpec spec;
  reader.require("name", spec.name);
  reader.read("kind", spec.kind, "count", probe::parse_kind);
  read_places(reader, experiment.file, spec, mistakes);
  reader.read("time", spec.delay, "20ms", parse_delay);
  reader.read("every", spec.every, 1, std::numeric_limits<std::int64_t>::max());
  reader.read("probability", spec.probability);
  unsigned vcpu = 0;
  if (reader.read("vcpu", vcpu, std::int64_t{0}, std::int64_t{254})) {
    spec.vcpu = vcpu;
  }
  std::uint64_t most = 0;
  if (reader.read("most", most, 1, std::numeric_limits<std::int64_t>::max())) {
    spec.most = most;
  }
  read_known_names(reader, "variants", names_of(experiment.variants), spec.variants, mistakes);
  read_known_names(reader, "workloads", names_of(experiment.workloads), spec.workloads, mistakes);
  if (right_so_far && mistakes.none()) {
    auto fits = probe::check(spec);
    if (fits) {
      fits = check_probe(spec, experiment);
    }
    if (!fits) {
      reader.mistake(key_at_fault(reader, spec), fits.error().text());
    }
  }
  reader.finish();
  return spec;
}

}  // namespace

std::vector<probe::ProbeSpec> read_probes(TableReader& file, const Experiment& experiment,
                                          Mistakes& mistakes) {
  std::vector<probe::ProbeSpec> probes;
  const auto* node = file.find("probes");
  if (node == nullptr) {
    return probes;
  }
  const auto* array = node->as_array();
  if (array == nullptr) {
    mistakes.add(
        file.place("probes"),
        fmt::format("probes must be tables, not {}: write [[probes]] above their keys", kind_of(*node)));
    return probes;
  }
  for (const auto& element : *array) {
    const auto* table = element.as_table();
    if (table == nullptr) {
      mistakes.add(
          place_of(element.source()),
          fmt::format("a probe must be a table, not {}: write [[probes]] above its keys", kind_of(element)));
      continue;
    }
    auto spec = read_probe(*table, experiment, mistakes);
    const auto known = names_of(probes);
    if (std::find(known.begin(), known.end(), spec.name) != known.end()) {
      const auto* name = table->get("name");
      mistakes.add(place_of(name == nullptr ? table->source() : name->source()),
                   fmt::format("there is a probe \"{}\" already", spec.name));
    }
    probes.push_back(std::move(spec));
  }
  return probes;
}

Status check_probe(const probe::ProbeSpec& spec, const Experiment& experiment) {
  for (const auto& machine : experiment.machines) {
    if (spec.kind == probe::Kind::delay && machine.clock == machine::GuestClock::instructions) {
      return fail(
          Failure::usage,
          "probe {}: a delay changes nothing on machine {}, whose time is its instructions: use clock = "
          "\"host\"",
          spec.name, machine.name);
    }
    if (spec.vcpu && *spec.vcpu >= machine.vcpus) {
      return fail(Failure::usage, "probe {}: machine {} has no vCPU {}; it has {}, from 0", spec.name,
                  machine.name, *spec.vcpu, machine.vcpus);
    }
  }
  return {};
}

std::vector<std::string> probe_figures(const Experiment& experiment, std::string_view workload) {
  unsigned vcpus = 1;
  for (const auto& machine : experiment.machines) {
    vcpus = std::max(vcpus, machine.vcpus);
  }
  std::vector<std::string> names;
  for (const auto& spec : experiment.probes) {
    if (!probe::acts_in(spec, workload)) {
      continue;
    }
    for (const auto& figure : probe::figures_of(spec, vcpus)) {
      names.push_back(figure.name);
    }
  }
  return names;
}

}  // namespace assay::experiment
