// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/live_guest.hpp"
#include "probe/memory.hpp"
#include "trial/order.hpp"
#include "trial/outcome.hpp"
#include "trial/program_judge.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assay::trial {

/// Talks to the agent of one guest about workloads.
class Talk {
 public:
  /// `probes` is nullptr where nothing is watched.
  Talk(guest::LiveGuest& guest, TrialSink& sink, probe::Memory* probes)
      : guest_(guest), sink_(sink), probes_(probes) {}

  /// One trial, to its outcome. The record has no folder, kernel or wall time yet; when the kernel
  /// complained, the workload came to its end nevertheless, and its figures are there beside the findings. A
  /// Trouble is the guest's last word; what the sink or the agent did wrong is one, too (broken).
  Task<std::variant<TrialRecord, guest::Trouble>> run(TrialKey key, const Order& order);
  /// Why lines that it wrote are no figures, though they look like some.
  [[nodiscard]] std::vector<std::string> complaints() const {
    return program_ ? program_->output().complaints() : std::vector<std::string>();
  }
  /// What the program of the last trial wrote, however it ended; "" where there was none.
  [[nodiscard]] std::string output() const { return program_ ? program_->output().text() : ""; }

 private:
  Status begin(const TrialKey& key, const Order& order);
  Task<Status> start(const Order& order);
  Status begin_probes(const TrialKey& key, std::uint64_t seed);
  /// Adds the probes' figures to the trial's series, as of a time that the guest has just told.
  Status sample_probes(const TrialKey& key, std::uint64_t time_ns);
  Status hand_on(const TrialKey& key, link::Message& message);
  Task<std::variant<TrialRecord, guest::Trouble>> conclude(TrialRecord record, link::WorkerResult result);
  /// Keeps what the kernel complained of while the workload runs on. The trial's end where nothing runs on.
  Task<std::optional<guest::Trouble>> note(guest::Trouble trouble);
  [[nodiscard]] guest::Trouble with_complaints(guest::Trouble trouble);
  Status keep_rumours(const TrialKey& key, std::uint64_t time_ns);

  guest::LiveGuest& guest_;
  TrialSink& sink_;
  probe::Memory* probes_;
  std::vector<finding::Report> complaints_;  ///< of the current trial
  std::optional<ProgramJudge> program_;      ///< of the current or last trial
  std::uint64_t probes_sampled_ns_ = 0;
  std::uint64_t order_ = 0;
  std::uint64_t agent_dropped_frames_ = 0;
  std::uint64_t agent_dropped_samples_ = 0;
};

}  // namespace assay::trial
