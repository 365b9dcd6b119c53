// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/runner.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "guest/life.hpp"
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

using guest::Trouble;

JobEnd all_left(const GuestJob& job, std::string why, bool ours) {
  JobEnd end;
  end.left = job.orders;
  end.why = std::move(why);
  end.ours = ours;
  return end;
}

/// Why a trial was lost.
std::string reason_of(const Trouble& trouble) {
  return trouble.kind == Trouble::Kind::gone ? trouble.with_console() : trouble.why;
}

/// A panic before hello is the kernel's failure to boot: told as a finding of the first trial it would hide
/// that.
JobEnd boot_failure(const GuestJob& job, const Trouble& trouble) {
  if (trouble.kind == Trouble::Kind::stopped) {
    return all_left(job, trouble.why, false);
  }
  auto end = all_left(job, trouble.with_console(), !trouble.is_finding());
  end.boot_failed = true;
  return end;
}

/// Runs the job's orders one after the other until one of them is the guest's last.
class JobVisit final : public guest::Visitor {
 public:
  JobVisit(RunContext& context, const GuestJob& job, unsigned slot, guest::GuestFolder folder,
           std::optional<probe::Memory> probes)
      : context_(context), job_(job), slot_(slot), folder_(std::move(folder)), probes_(std::move(probes)) {
    end_.left = job_.orders;
  }

  void on_phase(Phase phase) override {
    const auto told = phase == Phase::creating  ? Observer::Phase::creating
                      : phase == Phase::booting ? Observer::Phase::booting
                                                : Observer::Phase::ending;
    context_.observer.on_phase(slot_, job_, told, "");
  }

  Task<> visit(guest::LiveGuest& guest, const link::Hello& hello) override {
    if (auto kept = guest::keep_hello(folder_.path, hello); !kept) {
      give_up(kept.error().text());
      co_return;
    }
    if (probes_ && !probes_->loaded()) {
      give_up("QEMU did not load the plugin of the probes");
      co_return;
    }
    Talk talk(guest, context_.sink, probes_ ? &*probes_ : nullptr);
    while (!end_.left.empty()) {
      const auto order = end_.left.front();
      context_.observer.on_phase(slot_, job_, Observer::Phase::running, order.name);
      auto ended = co_await talk.run(job_.key(order), order);
      tell_of(talk.complaints(), order);
      if (auto kept = keep_output(folder_, order, talk.output()); !kept) {
        give_up(kept.error().text());
        break;
      }
      if (!take(order, std::move(ended))) {
        break;
      }
    }
  }

  [[nodiscard]] JobEnd& end() { return end_; }

 private:
  void give_up(std::string why) {
    end_.why = std::move(why);
    end_.ours = true;
  }

  /// Trials of one cell print alike: the first one tells.
  void tell_of(const std::vector<std::string>& complaints, const Order& order) {
    if (job_.repeat == 0 && !complaints.empty()) {
      const auto more = complaints.size() - 1;
      context_.observer.on_note(fmt::format("{} on {}, {}: {}{}", job_.variant, job_.machine, order.name,
                                            complaints.front(), more > 0 ? "; there is more like it" : ""));
    }
  }

  /// Whether the guest can go on.
  bool take(const Order& order, std::variant<TrialRecord, Trouble> ended) {
    auto* trouble = std::get_if<Trouble>(&ended);
    if (trouble != nullptr && !trouble->is_finding()) {
      end_.why = reason_of(*trouble);
      end_.ours = trouble->kind != Trouble::Kind::stopped;
      return false;
    }
    auto record = trouble != nullptr ? finding_record(order, std::move(*trouble))
                                     : std::move(std::get<TrialRecord>(ended));
    add_probes(record);
    record.kernel_id = context_.kernel_of(job_).id;
    record.folder = "trials/" + folder_.name;
    record.attempts = job_.attempt;
    record.wall = Clock::now() - began_;
    began_ = Clock::now();
    if (auto kept = keep_trial(folder_, order, record); !kept) {
      give_up(kept.error().text());
      return false;
    }
    log_event("trial {}/{}/{}#{} in guest {}: {} after {}{}", record.key.variant, record.key.machine,
              record.key.workload, record.key.repeat + 1, folder_.name, name_of(record.outcome),
              human(record.wall), record.reason.empty() ? "" : ": " + record.reason);
    const bool healthy = record.outcome != Outcome::finding;
    const bool enough = context_.enough && context_.enough(record);
    end_.records.push_back(std::move(record));
    end_.left.erase(end_.left.begin());
    return healthy && !enough;
  }

  [[nodiscard]] TrialRecord finding_record(const Order& order, Trouble trouble) const {
    TrialRecord record;
    record.key = job_.key(order);
    record.seed = order.seed;
    record.outcome = Outcome::finding;
    record.reason = trouble.findings.front().title;
    record.findings = std::move(trouble.findings);
    return record;
  }

  /// What the probes saw, in whatever way the trial ended.
  void add_probes(TrialRecord& record) {
    if (!probes_) {
      return;
    }
    probes_->end();
    for (auto& [name, value] : probes_->figures()) {
      record.counters.push_back({std::move(name), value});
    }
    record.probes = probes_->reports();
  }

  RunContext& context_;
  const GuestJob& job_;
  unsigned slot_;
  guest::GuestFolder folder_;
  std::optional<probe::Memory> probes_;  ///< where something is watched
  Clock::time_point began_ = Clock::now();
  JobEnd end_;
};

Task<JobEnd> with_guest(RunContext& context, const GuestJob& job, guest::Spec spec, JobVisit& visit) {
  const auto life =
      co_await guest::live(context.hypervisor, std::move(spec), context.interrupt, context.patience, visit);
  if (!life.destroyed) {
    context.observer.on_note(life.destroyed.error().text());
  }
  if (life.no_hello) {
    co_return boot_failure(job, *life.no_hello);
  }
  JobEnd end = std::move(visit.end());
  if (!life.ours) {
    end.why = life.ours.error().text();
    end.ours = true;
  }
  co_return end;
}

/// The file for QEMU's plugin, where something is watched. Error: infrastructure.
Result<std::optional<probe::Memory>> make_probes(const RunContext& context, const GuestJob& job,
                                                 const guest::Spec& spec) {
  if (spec.boot.probes.empty()) {
    return std::optional<probe::Memory>();
  }
  auto memory = probe::Memory::create(spec.boot.probes, *context.probes_of(job), spec.machine.vcpus);
  if (!memory) {
    return memory.error();
  }
  return std::optional<probe::Memory>(std::move(*memory));
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
  std::vector<Order> left;
  for (auto& order : job.orders) {
    const auto* probe = needed_probe(context, job, order.name);
    if (probe == nullptr) {
      left.push_back(std::move(order));
      continue;
    }
    TrialRecord record;
    record.key = job.key(order);
    record.seed = order.seed;
    record.outcome = Outcome::skip;
    record.reason = fmt::format("probe {} ({}) needs emulation: KVM runs the guest's instructions unseen",
                                probe->name, probe::text_of(*probe));
    record.attempts = job.attempt;
    record.kernel_id = context.kernel_of(job).id;
    skipped.push_back(std::move(record));
  }
  job.orders = std::move(left);
  return skipped;
}

/// Says in the sink what came of the trials; one that cannot be kept is left to be run again.
JobEnd hand_in(RunContext& context, const std::vector<Order>& orders, JobEnd end) {
  std::vector<TrialRecord> kept;
  for (auto& record : end.records) {
    if (auto written = context.sink.end_trial(record); !written) {
      end.why = written.error().text();
      end.ours = true;
      end.left.insert(end.left.begin(), *std::ranges::find(orders, record.key.workload, &Order::name));
      continue;
    }
    context.observer.on_trial(record);
    kept.push_back(std::move(record));
  }
  end.records = std::move(kept);
  return end;
}

}  // namespace

Task<JobEnd> run_job(RunContext& context, GuestJob job, unsigned slot) {
  auto wanted = context.machine_of(job);
  auto machine = co_await guest::decided(context.hypervisor, std::move(wanted));
  const auto orders = job.orders;
  std::vector<TrialRecord> skipped;
  if (machine.accel == machine::Accel::kvm) {
    skipped = skip_for_kvm(context, job);
  }
  if (job.orders.empty()) {
    co_return hand_in(context, orders, {std::move(skipped), {}, "", false, false});
  }
  auto folder = create_guest_folder(context, job);
  if (!folder) {
    co_return all_left(job, folder.error().text(), true);
  }
  const auto home = guest::home_in(fmt::format("{}-{}", context.run_folder.filename().string(), folder->name),
                                   folder->path, context.socket_folder);
  auto spec = guest::spec_of(std::move(machine), context.boots_of(job), home);
  auto probes = make_probes(context, job, spec);
  if (!probes) {
    co_return all_left(job, probes.error().text(), true);
  }
  if (auto kept = keep_guest(*folder, context, job, spec); !kept) {
    co_return all_left(job, kept.error().text(), true);
  }
  JobVisit visit(context, job, slot, std::move(*folder), std::move(*probes));
  auto end = co_await with_guest(context, job, std::move(spec), visit);
  end.records.insert(end.records.begin(), std::make_move_iterator(skipped.begin()),
                     std::make_move_iterator(skipped.end()));
  co_return hand_in(context, orders, std::move(end));
}

}  // namespace assay::trial
