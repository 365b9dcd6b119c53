// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/folder.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"

#include <nlohmann/json.hpp>

#include <cctype>

namespace assay::trial {
namespace {

using Json = nlohmann::ordered_json;

Status keep_json(const fs::path& path, const Json& json) { return write_file(path, json.dump(2) + "\n"); }

std::string guest_name(const GuestJob& job) {
  const std::string only = job.workloads.size() == 1 ? "-" + file_name_part(job.workloads.front()) : "";
  return fmt::format("{}-{}-{:03}{}", file_name_part(job.variant), file_name_part(job.machine), job.repeat,
                     only);
}

}  // namespace

std::string file_name_part(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    name += plain ? c : '_';
  }
  return name.empty() || name.front() == '.' ? "_" + name : name;
}

Result<GuestFolder> create_guest_folder(const RunContext& context, const GuestJob& job) {
  const auto parent = context.run_folder / "trials";
  if (auto made = make_directories(parent); !made) {
    return made.error();
  }
  std::error_code error;
  for (unsigned attempt = 1; attempt < 1000; ++attempt) {
    const auto name = guest_name(job) + (attempt > 1 ? fmt::format(".{}", attempt) : "");
    if (fs::create_directory(parent / name, error)) {
      return GuestFolder{parent / name, "trials/" + name};
    }
    if (error) {
      break;
    }
  }
  return fail(Failure::infrastructure, "cannot create a folder for {} in {}: {}", guest_name(job),
              parent.string(), error ? error.message() : "a thousand attempts are there already");
}

machine::BootSpec boot_spec(const RunContext& context, const GuestJob& job, const GuestFolder& folder) {
  machine::BootSpec boot;
  boot.guest = fmt::format("{}-{}", context.run_folder.filename().string(), folder.path.filename().string());
  boot.kernel = context.kernel_of(job).image;
  boot.initramfs = context.agent_of(job).initramfs;
  boot.console_log = folder.path / "console.log";
  boot.swap_disk = folder.path / "swap";
  boot.channel_socket = context.socket_folder / (sha256(folder.path.string()).substr(0, 12) + ".sock");
  return boot;
}

Status keep_guest(const GuestFolder& folder, const RunContext& context, const GuestJob& job,
                  const machine::MachineSpec& machine, const machine::BootSpec& boot) {
  const auto& kernel = context.kernel_of(job);
  if (auto kept = write_file(folder.path / "machine.xml", machine::domain_xml(machine, boot, machine.accel));
      !kept) {
    return kept;
  }
  return keep_json(folder.path / "guest.json",
                   Json{
                       {"variant", job.variant},
                       {"machine", job.machine},
                       {"repeat", job.repeat},
                       {"attempt", job.attempt},
                       {"workloads", job.workloads},
                       {"kernel_id", kernel.id},
                       {"kernel_release", kernel.release},
                       {"kernel_image", kernel.image.string()},
                       {"kernel_command_line", machine::kernel_command_line(machine, boot)},
                       {"initramfs", boot.initramfs.string()},
                       {"agent_sha256", context.agent_of(job).digest},
                   });
}

Status keep_hello(const GuestFolder& folder, const link::Hello& hello) {
  Json capabilities = Json::object();
  for (const auto& capability : hello.capabilities) {
    capabilities[capability.name] =
        capability.available ? Json(true) : Json{{"available", false}, {"why", capability.detail}};
  }
  const Json json{
      {"protocol", hello.protocol},
      {"agent", hello.agent},
      {"kernel_release", hello.kernel_release},
      {"kernel_version", hello.kernel_version},
      {"arch", hello.arch},
      {"page_size_bytes", hello.page_size},
      {"cpus", hello.cpus},
      {"memory_bytes", hello.memory},
      {"ready_ns", hello.time_ns},
      {"capabilities", capabilities},
  };
  // A guest chooses these texts: what is not UTF-8 is replaced, not trusted.
  return write_file(folder.path / "hello.json",
                    json.dump(2, ' ', false, nlohmann::detail::error_handler_t::replace) + "\n");
}

Status keep_trial(const GuestFolder& folder, const experiment::Experiment& experiment,
                  const TrialRecord& record) {
  Json json{{"workload", record.key.workload},
            {"repeat", record.key.repeat},
            {"seed", record.seed},
            {"outcome", name_of(record.outcome)},
            {"reason", record.reason}};
  for (const auto& run : experiment.workloads) {
    if (run.name == record.key.workload) {
      json["runs"] = run.workload;
      json["parameters"] = run.parameters;
    }
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
  return keep_json(folder.path / ("trial-" + file_name_part(record.key.workload) + ".json"), json);
}

}  // namespace assay::trial
