// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/runner.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "probe/memory.hpp"
#include "trial/folder.hpp"
#include "trial/talk.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

namespace assay::trial {
namespace {

using Phase = Observer::Phase;

/// Everything that one guest needs while it lives.
struct Setting {
  RunContext& context;
  const GuestJob& job;
  unsigned slot = 0;
  machine::MachineSpec machine;
  machine::BootSpec boot;
  GuestFolder folder;
  std::optional<probe::Memory> probes;  ///< where something is watched
  Clock::time_point began = Clock::now();
};

const experiment::WorkloadRun& workload_named(const experiment::Experiment& experiment,
                                              const std::string& name) {
  return *std::find_if(experiment.workloads.begin(), experiment.workloads.end(),
                       [&](const auto& run) { return run.name == name; });
}

JobEnd all_left(const GuestJob& job, std::string why, bool ours) {
  JobEnd end;
  end.left = job.workloads;
  end.why = std::move(why);
  end.ours = ours;
  return end;
}

/// A panic before hello is the kernel's failure to boot, told as a finding of the first trial would hide
/// that.
JobEnd boot_failure(const Setting& setting, const TalkEnd& talk_end, const GuestWatch& watch) {
  auto end = all_left(setting.job, talk_end.why, talk_end.kind == TalkEnd::Kind::lost);
  if (talk_end.kind != TalkEnd::Kind::stopped) {
    end.boot_failed = true;
    if (talk_end.kind == TalkEnd::Kind::finding) {
      end.why += "; the last console lines were:\n" + watch.last_lines(20);
    }
  }
  return end;
}

TrialRecord finding_record(const Setting& setting, const std::string& workload, TalkEnd talk_end) {
  TrialRecord record;
  record.key = setting.job.key(workload);
  record.seed = seed_of(setting.context.experiment.seed, record.key);
  record.outcome = Outcome::finding;
  record.reason = std::move(talk_end.why);
  record.findings = std::move(talk_end.findings);
  return record;
}

/// What the probes saw, in whatever way the trial ended.
void add_probes(Setting& setting, TrialRecord& record) {
  if (!setting.probes) {
    return;
  }
  setting.probes->end();
  for (auto& [name, value] : setting.probes->figures()) {
    record.counters.push_back({std::move(name), value});
  }
  record.probes = setting.probes->reports();
}

/// Runs the job's workloads one after the other until one of them is the guest's last.
Task<JobEnd> run_workloads(Setting& setting, Talk& talk) {
  JobEnd end;
  auto& context = setting.context;
  for (std::size_t i = 0; i < setting.job.workloads.size(); ++i) {
    const auto& name = setting.job.workloads[i];
    context.observer.on_phase(setting.slot, setting.job, Phase::running, name);
    auto ended = co_await talk.run(workload_named(context.experiment, name));
    auto* talk_end = std::get_if<TalkEnd>(&ended);
    if (talk_end != nullptr && talk_end->kind != TalkEnd::Kind::finding) {
      end.left.assign(setting.job.workloads.begin() + static_cast<std::ptrdiff_t>(i),
                      setting.job.workloads.end());
      end.why = talk_end->why;
      end.ours = talk_end->kind == TalkEnd::Kind::lost;
      break;
    }
    auto record = talk_end != nullptr ? finding_record(setting, name, std::move(*talk_end))
                                      : std::move(std::get<TrialRecord>(ended));
    add_probes(setting, record);
    record.kernel_id = context.kernel_of(setting.job).id;
    record.folder = setting.folder.relative;
    record.attempts = setting.job.attempt;
    record.wall = Clock::now() - setting.began;
    setting.began = Clock::now();
    if (auto kept = keep_trial(setting.folder, context.experiment, record); !kept) {
      end.left.assign(setting.job.workloads.begin() + static_cast<std::ptrdiff_t>(i),
                      setting.job.workloads.end());
      end.why = kept.error().text();
      end.ours = true;
      break;
    }
    const bool last = record.outcome == Outcome::finding;
    end.records.push_back(std::move(record));
    if (last) {
      end.left.assign(setting.job.workloads.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                      setting.job.workloads.end());
      break;
    }
  }
  co_return end;
}

Task<JobEnd> converse(Setting& setting, machine::Guest& guest, GuestWatch& watch) {
  auto socket = co_await guest.open_channel();
  if (!socket) {
    co_return all_left(setting.job, socket.error().text(), true);
  }
  link::Session session(std::move(*socket));
  watch.attach(&session);
  const Interrupt::Subscription subscription(setting.context.interrupt, [&session] { session.wake(); });
  Talk talk(setting.context, setting.job, guest, session, watch, setting.probes ? &*setting.probes : nullptr);

  JobEnd end;
  auto hello = co_await talk.hello();
  if (auto* talk_end = std::get_if<TalkEnd>(&hello)) {
    end = boot_failure(setting, *talk_end, watch);
  } else if (auto kept = keep_hello(setting.folder, std::get<link::Hello>(hello)); !kept) {
    end = all_left(setting.job, kept.error().text(), true);
  } else if (setting.probes && !setting.probes->loaded()) {
    end = all_left(setting.job, "QEMU did not load the plugin of the probes", true);
  } else {
    end = co_await run_workloads(setting, talk);
  }
  watch.attach(nullptr);
  co_return end;
}

/// converse() as something that cannot throw: a watcher beside it would otherwise wait for ever.
Task<JobEnd> guarded(Setting& setting, machine::Guest& guest, GuestWatch& watch) {
  std::string why;
  try {
    co_return co_await converse(setting, guest, watch);
  } catch (const std::exception& error) {
    why = fmt::format("unexpected error: {}", error.what());
  }
  co_return all_left(setting.job, why, true);
}

Task<JobEnd> with_guest(Setting& setting) {
  using namespace asio::experimental::awaitable_operators;
  auto& context = setting.context;
  auto follower = Follower::open(co_await asio::this_coro::executor, setting.boot.console_log);
  if (!follower) {
    co_return all_left(setting.job, follower.error().text(), true);
  }
  context.observer.on_phase(setting.slot, setting.job, Phase::creating, "");
  auto guest = co_await context.hypervisor.create(setting.machine, setting.boot);
  if (!guest) {
    co_return all_left(setting.job, guest.error().text(), true);
  }
  context.observer.on_phase(setting.slot, setting.job, Phase::booting, "");
  GuestWatch watch(**guest, std::move(*follower));
  auto first = co_await (guarded(setting, **guest, watch) || watch.watch_console() || watch.watch_end());
  JobEnd end = std::move(std::get<0>(first));

  context.observer.on_phase(setting.slot, setting.job, Phase::ending, "");
  if (auto destroyed = co_await (*guest)->destroy(); !destroyed) {
    context.observer.on_note(destroyed.error().text());
  }
  co_return end;
}

/// A file for QEMU's plugin, where something is watched. Error: infrastructure.
Status set_probes(Setting& setting) {
  const auto* probes = setting.context.probes_of(setting.job);
  if (probes == nullptr || setting.machine.accel != machine::Accel::tcg) {
    return {};
  }
  setting.boot.plugin = setting.context.probing.plugin;
  setting.boot.probes = setting.folder.path / "probes";
  auto memory = probe::Memory::create(setting.boot.probes, *probes, setting.machine.vcpus);
  if (!memory) {
    return memory.error();
  }
  setting.probes.emplace(std::move(*memory));
  return {};
}

/// The probe that somebody asked for in this workload and that only emulation can have; nullptr for none.
const probe::ProbeSpec* needed_probe(const RunContext& context, const GuestJob& job,
                                     const std::string& workload) {
  const auto* probes = context.probes_of(job);
  if (probes == nullptr) {
    return nullptr;
  }
  const auto found = std::find_if(probes->probes.begin(), probes->probes.end(), [&](const auto& probe) {
    return !probe.spec.automatic && probe::acts_in(probe.spec, workload);
  });
  return found == probes->probes.end() ? nullptr : &found->spec;
}

/// Trials that cannot be had without emulation, off the job's list.
std::vector<TrialRecord> skip_for_kvm(const RunContext& context, GuestJob& job) {
  std::vector<TrialRecord> skipped;
  std::vector<std::string> left;
  for (const auto& workload : job.workloads) {
    const auto* probe = needed_probe(context, job, workload);
    if (probe == nullptr) {
      left.push_back(workload);
      continue;
    }
    TrialRecord record;
    record.key = job.key(workload);
    record.seed = seed_of(context.experiment.seed, record.key);
    record.outcome = Outcome::skip;
    record.reason = fmt::format("probe {} ({}) needs emulation: KVM runs the guest's instructions unseen",
                                probe->name, probe::text_of(*probe));
    record.attempts = job.attempt;
    record.kernel_id = context.kernel_of(job).id;
    skipped.push_back(std::move(record));
  }
  job.workloads = std::move(left);
  return skipped;
}

/// Says in the sink what came of the trials; one that cannot be kept is left to be run again.
JobEnd hand_in(RunContext& context, JobEnd end) {
  std::vector<TrialRecord> kept;
  for (auto& record : end.records) {
    if (auto written = context.sink.end_trial(record); !written) {
      end.why = written.error().text();
      end.ours = true;
      end.left.insert(end.left.begin(), record.key.workload);
      continue;
    }
    context.observer.on_trial(record);
    kept.push_back(std::move(record));
  }
  end.records = std::move(kept);
  return end;
}

}  // namespace

std::string kernel_key(const std::string& variant, Arch arch) {
  return arch == Arch::x86_64 ? variant : fmt::format("{}/{}", variant, name_of(arch));
}

const machine::MachineSpec& RunContext::machine_of(const GuestJob& job) const {
  return *std::find_if(experiment.machines.begin(), experiment.machines.end(),
                       [&](const auto& machine) { return machine.name == job.machine; });
}

const kernel::Kernel& RunContext::kernel_of(const GuestJob& job) const {
  return kernels.at(kernel_key(job.variant, machine_of(job).arch));
}

const probe::KernelProbes* RunContext::probes_of(const GuestJob& job) const {
  const auto found = probing.kernels.find(kernel_key(job.variant, machine_of(job).arch));
  return found == probing.kernels.end() ? nullptr : &found->second;
}

const AgentImage& RunContext::agent_of(const GuestJob& job) const {
  return agents.at(kernel_key(job.variant, machine_of(job).arch));
}

Task<JobEnd> run_job(RunContext& context, GuestJob job, unsigned slot) {
  auto machine = context.machine_of(job);
  const auto choice = co_await context.hypervisor.choose_accel(machine.arch);
  if (machine.accel == machine::Accel::automatic) {
    machine.accel = choice.accel;
  }
  std::vector<TrialRecord> skipped;
  if (machine.accel == machine::Accel::kvm) {
    skipped = skip_for_kvm(context, job);
  }
  if (job.workloads.empty()) {
    co_return hand_in(context, {std::move(skipped), {}, "", false, false});
  }
  auto folder = create_guest_folder(context, job);
  if (!folder) {
    co_return all_left(job, folder.error().text(), true);
  }
  Setting setting{context, job, slot, std::move(machine), boot_spec(context, job, *folder), *folder, {}};
  if (auto set = set_probes(setting); !set) {
    co_return all_left(job, set.error().text(), true);
  }
  if (auto kept = keep_guest(setting.folder, context, job, setting.machine, setting.boot); !kept) {
    co_return all_left(job, kept.error().text(), true);
  }
  auto end = co_await with_guest(setting);
  end.records.insert(end.records.begin(), std::make_move_iterator(skipped.begin()),
                     std::make_move_iterator(skipped.end()));
  co_return hand_in(context, std::move(end));
}

}  // namespace assay::trial
