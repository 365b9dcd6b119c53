// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/host.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/random_name.hpp"
#include "base/text.hpp"
#include "guest/folder.hpp"

#include <nlohmann/json.hpp>

#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <set>
#include <thread>

namespace assay::run {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name") || line.starts_with("cpu\t")) {
      return std::string(trimmed(std::string_view(line).substr(line.find(':') + 1)));
    }
  }
  return "unknown";
}

std::string formatted_time(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::string text(64, '\0');
  text.resize(std::strftime(text.data(), text.size(), format, &utc));
  return text;
}

/// So that load_experiment() finds it again, whatever the current folder is then.
std::string how_to_name(const fs::path& file, const fs::path& experiments) {
  auto path = fs::absolute(file).lexically_normal();
  if (path.filename() == "experiment.toml") {
    path = path.parent_path();
  }
  std::error_code ignored;
  return fs::equivalent(path.parent_path(), experiments, ignored) && fs::is_directory(path, ignored)
             ? path.filename().string()
             : path.string();
}

}  // namespace

std::string utc_now() { return formatted_time("%Y-%m-%dT%H:%M:%SZ"); }

std::string new_run_id(std::string_view experiment) {
  // Machines that begin runs in the same second know nothing of each other, and their results meet in an
  // import. The store takes no longer names.
  constexpr std::size_t longest = 80;
  return fmt::format("{}-{}-{}", formatted_time("%Y%m%d-%H%M%S"),
                     guest::file_name_part(experiment).substr(0, longest), random_name());
}

Status fits_here(const Session& session, Bytes memory, std::string_view whose) {
  std::ifstream meminfo("/proc/meminfo");
  std::uint64_t here = 0;
  std::string name;
  std::uint64_t kilobytes = 0;
  for (std::string unit; meminfo >> name >> kilobytes && std::getline(meminfo, unit);) {
    here += name == "MemTotal:" || name == "SwapTotal:" ? kilobytes : 0;
  }
  if (!session.uri.empty() || here == 0 || memory <= kib(here)) {
    return {};
  }
  return fail(Failure::usage, "cannot give {} to {}: this machine has {}, swap included", human(memory),
              whose, human(kib(here)));
}

Task<std::string> version_line(std::string program) {
  Command command;
  command.argv = {std::move(program), "--version"};
  auto output = co_await output_of(std::move(command));
  co_return output ? output->substr(0, output->find('\n')) : std::string();
}

Task<std::string> describe_host(machine::Hypervisor& hypervisor, const experiment::Experiment& experiment,
                                const Digests& programs, const fs::path& experiments,
                                std::string agent_version, std::string agent_digest) {
  utsname name{};
  ::uname(&name);
  nlohmann::ordered_json json{
      {"cpu", cpu_model()},
      {"cores", std::thread::hardware_concurrency()},
      {"kernel", fmt::format("{} {} {}", name.sysname, name.release, name.machine)},
      {"agent", std::move(agent_version)},
      {"agent_sha256", std::move(agent_digest)},
      {"experiment", how_to_name(experiment.file, experiments)},
  };
  for (const auto& [key, digest] : programs) {
    json["programs"][key] = digest;
  }
  std::set<std::string> accelerators;
  std::set<std::string> emulators;
  for (const auto& machine : experiment.machines) {
    const auto choice = co_await hypervisor.choose_accel(machine.arch);
    const auto accel = machine.accel == machine::Accel::automatic ? choice.accel : machine.accel;
    accelerators.insert(accel == machine::Accel::kvm ? "KVM" : "TCG");
    json["kvm"][std::string(name_of(machine.arch))] = choice.why;
    emulators.insert(co_await version_line(fmt::format("qemu-system-{}", name_of(machine.arch))));
  }
  json["accelerator"] = fmt::to_string(fmt::join(accelerators, ", "));
  json["qemu"] = fmt::to_string(fmt::join(emulators, ", "));
  co_return json.dump();
}

Digests programs_then(const std::string& host) {
  Digests digests;
  const auto json = nlohmann::json::parse(host, nullptr, false);
  if (!json.is_object() || !json.contains("programs")) {
    return digests;
  }
  for (const auto& [key, digest] : json["programs"].items()) {
    if (digest.is_string()) {
      digests.emplace(key, digest.get<std::string>());
    }
  }
  return digests;
}

fs::path folder_then(const std::string& host, const fs::path& experiments) {
  const auto json = nlohmann::json::parse(host, nullptr, false);
  if (!json.is_object() || !json.contains("experiment") || !json["experiment"].is_string()) {
    return {};
  }
  const fs::path named = json["experiment"].get<std::string>();
  const auto path = named.is_absolute() ? named : experiments / named;
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path : path.parent_path();
}

}  // namespace assay::run
