// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/guest_watch.hpp"
#include "link/session.hpp"
#include "probe/memory.hpp"
#include "trial/runner.hpp"

#include <optional>
#include <string>
#include <variant>

namespace assay::trial {

/// Why a talk with an agent cannot go on.
struct TalkEnd {
  enum class Kind : std::uint8_t {
    finding,  ///< the guest kernel misbehaved: `findings` says how
    lost,     ///< the channel, QEMU or the protocol failed us
    stopped,  ///< the user asked
  };
  Kind kind = Kind::lost;
  std::string why;
  std::vector<finding::Report> findings;
};

/// Talks to the agent of one guest: waits for hello, runs workloads, decides what a silence means.
class Talk {
 public:
  /// `probes` is nullptr where nothing is watched.
  Talk(RunContext& context, const GuestJob& job, machine::Guest& guest, link::Session& session,
       GuestWatch& watch, probe::Memory* probes);

  /// The agent's first words. Errors are in the TalkEnd; a console report before hello is a finding.
  Task<std::variant<link::Hello, TalkEnd>> hello();

  /// One trial, to its outcome. The record has no folder, kernel or wall time yet.
  Task<std::variant<TrialRecord, TalkEnd>> run(const experiment::WorkloadRun& workload);

 private:
  Task<std::optional<TalkEnd>> interruption(const link::Incoming& incoming);
  Task<std::optional<TalkEnd>> judge_silence();
  Task<TalkEnd> hang(std::string title);
  Task<TalkEnd> finding_end();
  Task<TalkEnd> channel_closed();
  Status hand_on(const TrialKey& key, link::Message& message);
  Status begin_probes(const TrialRecord& record);
  /// Adds the probes' figures to the trial's series, as of a time that the guest has just told.
  Status sample_probes(const TrialKey& key, std::uint64_t time_ns);
  Task<std::variant<TrialRecord, TalkEnd>> conclude(TrialRecord record, link::WorkerResult result);

  RunContext& context_;
  const GuestJob& job_;
  machine::Guest& guest_;
  link::Session& session_;
  GuestWatch& watch_;
  probe::Memory* probes_;
  std::uint64_t probes_sampled_ns_ = 0;
  Clock::time_point heard_ = Clock::now();
  std::uint64_t order_ = 0;
  std::uint64_t agent_dropped_frames_ = 0;
  std::uint64_t agent_dropped_samples_ = 0;
};

}  // namespace assay::trial
