// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/folder.hpp"

#include "base/files.hpp"
#include "machine/kernel_line.hpp"

#include <nlohmann/json.hpp>

namespace assay::trial {
namespace {

using Json = nlohmann::ordered_json;

Status keep_json(const fs::path& path, const Json& json) { return write_file(path, json.dump(2) + "\n"); }

}  // namespace

Result<guest::GuestFolder> create_guest_folder(const RunContext& context, const GuestJob& job) {
  const std::string only = job.orders.size() == 1 ? "-" + guest::file_name_part(job.orders.front().name) : "";
  return guest::new_folder(context.run_folder / "trials",
                           fmt::format("{}-{}-{:03}{}", guest::file_name_part(job.variant),
                                       guest::file_name_part(job.machine), job.repeat, only));
}

Status keep_guest(const guest::GuestFolder& folder, const RunContext& context, const GuestJob& job,
                  const guest::Spec& spec) {
  const auto& kernel = context.kernel_of(job);
  if (auto kept = guest::keep_machine(folder.path, spec); !kept) {
    return kept;
  }
  Json workloads = Json::array();
  for (const auto& order : job.orders) {
    workloads.push_back(order.name);
  }
  return keep_json(folder.path / "guest.json",
                   Json{
                       {"variant", job.variant},
                       {"machine", job.machine},
                       {"repeat", job.repeat},
                       {"attempt", job.attempt},
                       {"workloads", std::move(workloads)},
                       {"kernel_id", kernel.id},
                       {"kernel_release", kernel.release},
                       {"kernel_image", kernel.image.string()},
                       {"kernel_command_line", machine::kernel_command_line(spec.machine, spec.boot)},
                       {"initramfs", spec.boot.initramfs.string()},
                       {"agent_sha256", context.agent_of(job).digest},
                   });
}

Status keep_output(const guest::GuestFolder& folder, const Order& order, const std::string& output) {
  return output.empty()
             ? Status()
             : write_file(folder.path / ("output-" + guest::file_name_part(order.name) + ".txt"), output);
}

Status keep_trial(const guest::GuestFolder& folder, const Order& order, const TrialRecord& record) {
  Json json{{"workload", record.key.workload},    {"repeat", record.key.repeat}, {"seed", record.seed},
            {"outcome", name_of(record.outcome)}, {"reason", record.reason},     {"runs", order.workload},
            {"parameters", order.parameters}};
  if (order.program) {
    json["arguments"] = order.program->run.arguments;
  }
  json["counters"] = Json::object();
  for (const auto& counter : record.counters) {
    json["counters"][counter.name] = counter.value;
  }
  json["checks"] = Json::array();
  for (const auto& check : record.checks) {
    json["checks"].push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
  }
  json["probes"] = Json::array();
  for (const auto& report : record.probes) {
    json["probes"].push_back(Json::parse(probe::to_json(report)));
  }
  json["findings"] = Json::array();
  for (const auto& report : record.findings) {
    json["findings"].push_back(
        {{"title", report.title}, {"fingerprint", report.fingerprint}, {"text", report.text}});
  }
  return keep_json(folder.path / ("trial-" + guest::file_name_part(record.key.workload) + ".json"), json);
}

}  // namespace assay::trial
