// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "mutate/jury.hpp"
#include "run/inputs.hpp"
#include "run/run_kernels.hpp"
#include "run/session.hpp"
#include "trial/runner.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace assay::mutate {

/// What trying a mutant came to.
struct Tried {
  std::optional<Notice> notice;
  unsigned trials = 0;
  bool cut_off = false;  ///< interrupted, or something of ours failed: nothing is known
};

/// Runs the trials of mutants, and stops as soon as somebody notices one.
class MutantGuests {
 public:
  /// `inputs` and `boots` are of the variant that mutants are made of. All outlive this.
  MutantGuests(run::Session& session, const run::Inputs& inputs, const run::RunKernels& boots,
               const Jury& jury, machine::Hypervisor& hypervisor, trial::TrialSink& sink,
               std::filesystem::path run_folder);

  /// The machines on which it runs, those of the first architecture first.
  [[nodiscard]] const std::vector<machine::MachineSpec>& machines() const { return machines_; }

  /// Guests may boot this kernel, for trials under `name`, until forget().
  void add_kernel(const std::string& name, Arch arch, const kernel::Kernel& kernel,
                  probe::KernelProbes probes);
  void forget(const std::string& name);

  /// Runs repeat number `repeat` of all workloads on the machine, in guests of `slot`.
  Task<Tried> try_repeat(std::string name, std::string machine, unsigned repeat, unsigned slot);

  /// When all repeats are done: what they do not agree about is tried further, each trial in a guest of its
  /// own.
  Task<Tried> settle_doubts(std::string name, unsigned slot);

  /// All trials of that name so far.
  [[nodiscard]] const verdict::Trials& trials(const std::string& name) { return trials_[name]; }
  /// Why nothing can go on, or "".
  [[nodiscard]] const std::string& fatal() const { return fatal_; }
  /// A workload in which a mutant was noticed comes first from now on.
  void credit(const std::string& workload) { ++credits_[workload]; }
  /// Lets trials go on whatever is noticed.
  void notice_nothing() { notices_ = false; }
  void notice_all() { notices_ = true; }

 private:
  [[nodiscard]] std::vector<trial::GuestJob> jobs_of(const std::string& name, const std::string& machine,
                                                     unsigned repeat) const;
  [[nodiscard]] std::vector<trial::GuestJob> promising_first(trial::GuestJob job) const;
  /// The surest one. What merely cannot be decided weighs little.
  enum class Weight : bool { any, heavy };
  [[nodiscard]] std::optional<Notice> noticed(const verdict::Trials& trials, Weight weight) const;
  Task<Tried> try_job(trial::GuestJob job, unsigned slot);
  Task<bool> unchanged_gets_through(trial::GuestJob job, unsigned slot);
  Task<bool> is_confirmed(Notice notice, const trial::GuestJob& job, unsigned slot);

  run::Session& session_;
  const run::Inputs& inputs_;
  const run::RunKernels& boots_;
  const Jury& jury_;
  std::unique_ptr<trial::Observer> observer_;
  trial::RunContext context_;
  std::vector<machine::MachineSpec> machines_;
  std::map<std::string, verdict::Trials> trials_;
  std::map<std::string, unsigned> credits_;
  std::map<std::string, unsigned> confirmed_;  ///< trials of each name that were run once more
  bool notices_ = true;
  std::string fatal_;
};

}  // namespace assay::mutate
