// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/mutant_guests.hpp"

#include "base/log.hpp"
#include "experiment/plan.hpp"
#include "trial/run_context.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace assay::mutate {
namespace {

using trial::GuestJob;

/// Shows guests, but does not count their trials: a mutant's end well with a finding.
class GuestsOnly final : public trial::Observer {
 public:
  explicit GuestsOnly(trial::Observer& shown) : shown_(shown) {}
  void on_phase(unsigned slot, const GuestJob& job, Phase phase, std::string_view workload) override {
    shown_.on_phase(slot, job, phase, workload);
  }
  void on_slot_free(unsigned slot) override { shown_.on_slot_free(slot); }
  void on_trial(const trial::TrialRecord& /*record*/) override {}
  void on_note(std::string_view text) override { shown_.on_note(text); }

 private:
  trial::Observer& shown_;
};

constexpr std::size_t most_promising = 3;
constexpr std::size_t most_doubts = 10;
constexpr unsigned attempts = 2;
/// Repeat numbers of trials that are run once more.
constexpr unsigned first_of_these = 1000;

/// The one that runs the workload, or the end.
template <class Jobs>
auto job_with(Jobs& jobs, const std::string& workload) {
  return std::ranges::find_if(jobs, [&](const GuestJob& job) {
    return std::ranges::find(job.orders, workload, &trial::Order::name) != job.orders.end();
  });
}

void keep_workload(GuestJob& job, const std::string& workload) {
  std::erase_if(job.orders, [&](const auto& order) { return order.name != workload; });
}

}  // namespace

MutantGuests::MutantGuests(run::Session& session, const run::Inputs& inputs, const run::RunKernels& boots,
                           const Jury& jury, machine::Hypervisor& hypervisor, trial::TrialSink& sink,
                           std::filesystem::path run_folder)
    : session_(session),
      inputs_(inputs),
      boots_(boots),
      jury_(jury),
      observer_(std::make_unique<GuestsOnly>(session.progress)),
      context_{hypervisor,
               experiment::machines_of(inputs.experiment),
               {},
               {},
               std::move(run_folder),
               hypervisor.socket_folder(),
               sink,
               *observer_,
               session.interrupt,
               {},
               {}} {
  context_.probing.plugin = session.places.plugin;
  context_.enough = [this](const trial::TrialRecord& record) {
    auto trials = trials_[record.key.variant];
    trials.push_back(record);
    return noticed(trials, Weight::heavy).has_value();
  };
  const auto& variant = inputs.experiment.variants.front().name;
  for (const auto& machine : inputs.experiment.machines) {
    if (inputs.experiment.has_guest(variant, machine.name)) {
      machines_.push_back(machine);
    }
  }
  for (const auto& machine : machines_) {
    add_kernel(variant, machine.arch, boots.kernels.at(trial::kernel_key(variant, machine.arch)), {});
  }
  std::ranges::stable_partition(machines_,
                                [&](const auto& machine) { return machine.arch == machines_.front().arch; });
}

void MutantGuests::add_kernel(const std::string& name, Arch arch, const kernel::Kernel& kernel,
                              probe::KernelProbes probes) {
  const auto key = trial::kernel_key(name, arch);
  const auto& variant = inputs_.experiment.variants.front().name;
  context_.kernels.insert_or_assign(key, kernel);
  context_.agents.insert_or_assign(key, boots_.agents.at(trial::kernel_key(variant, arch)));
  if (!probes.probes.empty()) {
    context_.probing.kernels.insert_or_assign(key, std::move(probes));
  }
}

void MutantGuests::forget(const std::string& name) {
  for (const auto arch : {Arch::x86_64, Arch::sparc64}) {
    const auto key = trial::kernel_key(name, arch);
    context_.kernels.erase(key);
    context_.agents.erase(key);
    context_.probing.kernels.erase(key);
  }
  trials_.erase(name);
}

std::vector<GuestJob> MutantGuests::jobs_of(const std::string& name, const std::string& machine,
                                            unsigned repeat) const {
  auto experiment = inputs_.experiment;
  const auto variant = experiment.variants.front().name;
  experiment.variants = {{name, "", std::nullopt}};
  std::erase_if(experiment.workloads, [&](const auto& workload) { return !workload.runs_with(variant); });
  for (auto& workload : experiment.workloads) {
    workload.variants = {name};
  }
  std::erase_if(experiment.machines, [&](const auto& one) { return one.name != machine; });
  experiment.trials = repeat + 1;
  experiment.only_repeat = repeat;
  std::vector<GuestJob> jobs;
  for (auto& job : experiment::plan(experiment, {})) {
    std::ranges::move(promising_first(std::move(job)), std::back_inserter(jobs));
  }
  // Where each trial has a guest of its own.
  std::ranges::stable_sort(jobs, std::greater(), [&](const GuestJob& job) {
    const auto credit = credits_.find(job.orders.front().name);
    return credit == credits_.end() ? 0U : credit->second;
  });
  return jobs;
}

/// The workloads that noticed most so far in a guest of their own, in their usual order.
std::vector<GuestJob> MutantGuests::promising_first(GuestJob job) const {
  std::vector<std::pair<unsigned, std::string>> best;
  for (const auto& order : job.orders) {
    if (const auto credit = credits_.find(order.name); credit != credits_.end()) {
      best.emplace_back(credit->second, order.name);
    }
  }
  std::ranges::stable_sort(best, std::greater(), &std::pair<unsigned, std::string>::first);
  std::set<std::string> chosen;
  for (std::size_t i = 0; i < std::min(most_promising, best.size()); ++i) {
    chosen.insert(best[i].second);
  }
  auto first = job;
  std::erase_if(first.orders, [&](const auto& order) { return !chosen.contains(order.name); });
  std::erase_if(job.orders, [&](const auto& order) { return chosen.contains(order.name); });
  std::vector<GuestJob> jobs;
  for (auto* part : {&first, &job}) {
    if (!part->orders.empty()) {
      jobs.push_back(std::move(*part));
    }
  }
  return jobs;
}

std::optional<Notice> MutantGuests::noticed(const verdict::Trials& trials, Weight weight) const {
  if (!notices_) {
    return std::nullopt;
  }
  auto notices = jury_.notices(trials);
  if (weight == Weight::heavy) {
    std::erase_if(notices, [](const Notice& notice) { return notice.killer == Killer::undecided; });
  }
  return notices.empty() ? std::nullopt : std::optional(std::move(notices.front()));
}

Task<Tried> MutantGuests::try_repeat(std::string name, std::string machine, unsigned repeat, unsigned slot) {
  Tried all;
  const auto jobs = jobs_of(name, machine, repeat);
  for (const auto& job : jobs) {
    auto tried = co_await try_job(job, slot);
    all.trials += tried.trials;
    all.notice = std::move(tried.notice);
    all.cut_off = tried.cut_off;
    if (all.notice || all.cut_off) {
      co_return all;
    }
  }
  // Only when nobody refutes anything does it count that something cannot be decided any more.
  for (std::size_t looked = 0; looked < most_doubts; ++looked) {
    auto notice = noticed(trials_[name], Weight::any);
    if (!notice) {
      break;
    }
    const auto job = job_with(jobs, notice->workload);
    if (job == jobs.end() || co_await is_confirmed(*notice, *job, slot)) {
      all.notice = std::move(notice);
      break;
    }
  }
  // A doubt that the interrupt cut off settles nothing.
  all.cut_off = !all.notice && session_.interrupt.requested();
  co_return all;
}

Task<Tried> MutantGuests::settle_doubts(std::string name, unsigned slot) {
  Tried all;
  for (const auto& doubt : jury_.doubts(trials_[name])) {
    const auto first = first_of_these + confirmed_[name];
    for (unsigned number = 0; number < doubt.trials && !all.notice; ++number) {
      auto jobs = jobs_of(name, doubt.machine, first_of_these + confirmed_[name]++);
      const auto job = job_with(jobs, doubt.workload);
      keep_workload(*job, doubt.workload);
      auto tried = co_await try_job(std::move(*job), slot);
      all.trials += tried.trials;
      if (tried.cut_off) {
        all.cut_off = true;
        co_return all;
      }
      all.notice = tried.notice ? std::move(tried.notice) : jury_.settled(doubt, trials_[name], first);
    }
    log_event("mutant {}: claim {} {} over further trials", name, doubt.claim,
              all.notice ? "does not hold" : "holds");
    if (all.notice) {
      break;
    }
  }
  co_return all;
}

Task<Tried> MutantGuests::try_job(GuestJob job, unsigned slot) {
  Tried tried;
  const auto name = job.variant;
  while (!job.orders.empty()) {
    auto end = co_await trial::run_job(context_, job, slot);
    context_.observer.on_slot_free(slot);
    tried.trials += static_cast<unsigned>(end.records.size());
    std::ranges::copy(end.records, std::back_inserter(trials_[name]));
    if (session_.interrupt.requested()) {
      tried.cut_off = true;
      break;
    }
    auto notice = noticed(trials_[name], Weight::heavy);
    if (notice && co_await is_confirmed(*notice, job, slot)) {
      tried.notice = std::move(notice);
      break;
    }
    const bool failed = end.boot_failed || end.ours;
    const bool panicked = end.boot_failed && !end.ours;
    if (failed && (panicked || job.attempt >= attempts)) {
      const auto in = end.left.empty() ? job.orders.front().name : end.left.front().name;
      if (end.boot_failed) {
        tried.notice = Notice{Killer::boot, "", "", end.why, false};
      } else if (co_await unchanged_gets_through(job, slot)) {
        tried.notice = Notice{Killer::finding, "", in, end.why, false};
      } else {
        fatal_ = session_.interrupt.requested() ? "" : end.why;
        tried.cut_off = true;
      }
      break;
    }
    job.attempt = failed ? job.attempt + 1 : 1;
    job.orders = std::move(end.left);
  }
  co_return tried;
}

/// Whether it is the mutant's fault that its guests were lost.
Task<bool> MutantGuests::unchanged_gets_through(GuestJob job, unsigned slot) {
  job.variant = inputs_.experiment.variants.front().name;
  job.attempt = 1;
  job.repeat = first_of_these + confirmed_[job.variant]++;
  const auto end = co_await trial::run_job(context_, job, slot);
  context_.observer.on_slot_free(slot);
  co_return !end.ours && !end.boot_failed && !session_.interrupt.requested();
}

/// What may be the host's fault must happen again, in a guest that runs nothing else. If it does not, the
/// first trial is forgotten.
Task<bool> MutantGuests::is_confirmed(Notice notice, const GuestJob& job, unsigned slot) {
  if (!notice.by_time && notice.killer != Killer::undecided) {
    co_return true;
  }
  auto again = job;
  keep_workload(again, notice.workload);
  if (again.orders.empty()) {
    co_return true;  // it was of an earlier job, and was not looked at then: two trials disagree
  }
  again.repeat = first_of_these + confirmed_[job.variant]++;
  const auto end = co_await trial::run_job(context_, again, slot);
  context_.observer.on_slot_free(slot);
  auto& trials = trials_[job.variant];
  log_event("mutant {}: {} in {}: {}", job.variant, name_of(notice.killer), notice.workload,
            jury_.notices(end.records).empty() ? "not seen again" : "seen again");
  if (!jury_.notices(end.records).empty()) {
    co_return true;
  }
  std::erase_if(trials, [&](const auto& record) {
    return record.key.workload == notice.workload && record.key.machine == job.machine;
  });
  std::ranges::copy(end.records, std::back_inserter(trials));
  co_return false;
}

}  // namespace assay::mutate
