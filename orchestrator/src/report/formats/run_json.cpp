// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/counts.hpp"
#include "report/formats/coverage_json.hpp"
#include "report/formats/formats.hpp"
#include "report/grids.hpp"
#include "report/guests.hpp"
#include "report/limits.hpp"
#include "report/run_facts.hpp"
#include "report/stored_json.hpp"
#include "verdict/coverage.hpp"
#include "verdict/figures.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;

Json kernel_json(const store::KernelInfo& kernel) {
  Json json;
  json["variant"] = printable(kernel.variant);
  json["id"] = printable(kernel.id);
  json["release"] = printable(kernel.release);
  json["provenance"] = object_from(kernel.provenance);
  return json;
}

Json run_info_json(const store::RunInfo& run) {
  Json json;
  json["id"] = printable(run.id);
  json["experiment"] = printable(run.experiment);
  json["title"] = printable(run.title);
  json["state"] = printable(run.state);
  json["started"] = printable(run.started);
  json["finished"] = run.finished.empty() ? Json(nullptr) : Json(printable(run.finished));
  json["planned"] = run.planned;
  json["done"] = run.done;
  json["settings"] = object_from(run.settings);
  json["host"] = object_from(run.host);
  json["kernels"] = Json::array();
  for (const auto& kernel : run.kernels) {
    json["kernels"].push_back(kernel_json(kernel));
  }
  json["experiment_toml"] = run.experiment_toml;
  return json;
}

Json machine_json(const machine::MachineSpec& machine) {
  constexpr std::array accels{"auto", "kvm", "tcg"};
  const bool host_clock = machine.clock == machine::GuestClock::host;
  Json json{{"name", printable(machine.name)},
            {"arch", name_of(machine.arch)},
            {"accel", accels.at(static_cast<std::size_t>(machine.accel))},
            {"cpu", printable(machine.cpu)},
            {"clock", host_clock ? "host" : "instructions"},
            {"vcpus", machine.vcpus},
            {"memory", machine.memory.value()},
            {"nodes", Json::array()},
            {"distances", machine.distances},
            {"dimms", Json::array()},
            {"swap", machine.swap.value()},
            {"disks", Json::array()},
            {"append", printable(machine.append)},
            {"qemu_options", Json::array()}};
  for (const auto& node : machine.nodes) {
    json["nodes"].push_back({{"vcpus", node.vcpus}, {"memory", node.memory.value()}});
  }
  for (const auto& dimm : machine.dimms) {
    json["dimms"].push_back({{"size", dimm.size.value()}, {"node", dimm.node}});
  }
  for (const auto size : machine.disks) {
    json["disks"].push_back(size.value());
  }
  for (const auto& word : machine.qemu_options) {
    json["qemu_options"].push_back(printable(word));
  }
  return json;
}

Json estimate_json(const verdict::Estimate& estimate) {
  return {{"value", estimate.value}, {"low", estimate.interval.low}, {"high", estimate.interval.high}};
}

Json test_json(const verdict::Test& test) {
  Json json;
  json["method"] = printable(test.method);
  json["confidence"] = test.confidence;
  json["effect"] = estimate_json(test.effect);
  json["p"] = test.p;
  json["p_adjusted"] = test.p_adjusted;
  json["claims"] = test.claims;
  json["look"] = test.look;
  json["looks"] = test.looks;
  return json;
}

Json side_json(const verdict::ClaimVerdict& claim, const verdict::Side& side) {
  Json json;
  json["variant"] = printable(side.variant);
  json["expected"] = printable(side.expected);
  json["limits"] = Json::array();
  for (const auto& limit : limits_of(claim, side)) {
    json["limits"].push_back({{"sign", limit.sign}, {"value", limit.value}});
  }
  json["values"] = side.values;
  if (const auto summary = verdict::summary_of(side.values)) {
    json["min"] = summary->min;
    json["median"] = summary->median;
    json["max"] = summary->max;
  }
  json["estimate"] = side.estimate ? estimate_json(*side.estimate) : Json(nullptr);
  json["trials"] = Json::array();
  for (const auto& source : side.sources) {
    json["trials"].push_back({{"machine", printable(source.machine)}, {"repeat", source.repeat}});
  }
  json["findings"] = side.findings;
  json["unmet"] = side.unmet;
  json["unusable"] = side.unusable;
  json["why_unusable"] = Json::array();
  for (const auto& why : side.why_unusable) {
    json["why_unusable"].push_back(printable(why));
  }
  return json;
}

Json claim_json(const verdict::ClaimVerdict& claim) {
  Json json;
  json["id"] = printable(claim.claim);
  json["verdict"] = std::string(name_of(claim.verdict));
  json["says"] = printable(claim.says);
  json["figure"] = printable(claim.figure);
  json["rule"] = printable(claim.rule);
  json["reason"] = printable(claim.reason);
  json["more_trials"] = claim.more_trials;
  if (!claim.coverage.empty()) {
    json["coverage"] = printable(claim.coverage);
  }
  json["test"] = claim.test ? test_json(*claim.test) : Json(nullptr);
  json["sides"] = Json::array();
  for (const auto& side : claim.sides) {
    json["sides"].push_back(side_json(claim, side));
  }
  return json;
}

Json counters_json(const trial::TrialRecord& record) {
  auto json = Json::object();
  for (const auto& counter : record.counters) {
    json[printable(counter.name)] = counter.value;
  }
  return json;
}

Json checks_json(const trial::TrialRecord& record) {
  auto json = Json::array();
  for (const auto& check : record.checks) {
    json.push_back({{"name", printable(check.name)}, {"ok", check.ok}, {"detail", printable(check.detail)}});
  }
  return json;
}

Json findings_json(const trial::TrialRecord& record) {
  auto json = Json::array();
  for (const auto& finding : record.findings) {
    json.push_back({{"fingerprint", printable(finding.fingerprint)},
                    {"title", printable(finding.title)},
                    {"text", printable(finding.text)}});
  }
  return json;
}

Json trial_json(const trial::TrialRecord& record, const Guests& guests) {
  Json json;
  json["variant"] = printable(record.key.variant);
  json["machine"] = printable(record.key.machine);
  json["workload"] = printable(record.key.workload);
  json["repeat"] = record.key.repeat;
  json["seed"] = record.seed;
  json["outcome"] = std::string(name_of(record.outcome));
  json["reason"] = printable(record.reason);
  if (const auto* after = guests.finding_after(record); after != nullptr) {
    json["finding_after"] = printable(after->key.workload);
  }
  json["measured_ns"] = record.measured.count();
  json["wall_ns"] = record.wall.count();
  json["attempts"] = record.attempts;
  json["dropped_frames"] = record.dropped_frames;
  json["dropped_samples"] = record.dropped_samples;
  json["kernel_id"] = printable(record.kernel_id);
  json["folder"] = printable(record.folder);
  json["counters"] = counters_json(record);
  json["checks"] = checks_json(record);
  json["findings"] = findings_json(record);
  for (const auto& report : record.probes) {
    json["probes"].push_back(Json::parse(probe::to_json(report)));
  }
  return json;
}

Json grid_json(const GridView& view) {
  Json json;
  json["id"] = printable(view.grid.id);
  json["says"] = printable(view.grid.says);
  json["figure"] = printable(view.grid.figure_of_all);
  json["expected"] = view.grid.expected.text();
  json["cells"] = Json::array();
  for (const auto& block : view.blocks) {
    for (const auto& side : block.sides) {
      for (std::size_t i = 0; i < side.cells.size(); ++i) {
        json["cells"].push_back({{"machine", printable(block.machine)},
                                 {"variant", printable(side.variant)},
                                 {"row", printable(view.grid.rows[i / view.grid.columns.size()])},
                                 {"column", printable(view.grid.columns[i % view.grid.columns.size()])},
                                 {"state", std::string(name_of(side.cells[i].state))},
                                 {"values", side.cells[i].values}});
      }
    }
  }
  return json;
}

}  // namespace

std::string run_json(const store::RunView& view) {
  Json json;
  json["format"] = 1;
  json["run"] = run_info_json(view.run);
  json["machines"] = Json::array();
  for (const auto& machine : machines_of(view).known) {
    json["machines"].push_back(machine_json(machine));
  }
  json["summary"] = verdict_counts(view.verdicts);
  json["claims"] = Json::array();
  for (const auto& claim : view.verdicts) {
    json["claims"].push_back(claim_json(claim));
  }
  for (const auto& grid : grids_of(view)) {
    json["grids"].push_back(grid_json(grid));
  }
  for (const auto& kernel : verdict::coverage_by_kernel(view.trials)) {
    json["patches"].push_back(coverage_json(kernel));
  }
  json["trials"] = Json::array();
  const Guests guests(view);
  for (const auto& record : view.trials) {
    json["trials"].push_back(trial_json(record, guests));
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::report
