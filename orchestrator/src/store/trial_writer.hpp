// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "store/database.hpp"
#include "trial/outcome.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace assay::store {

/// Writes the trials of any number of runs. What streams in (samples, events, metrics) is encoded at once and
/// kept in memory until the next commit: when the oldest is 250 ms old or 1 MiB is waiting, looked at with
/// each call, and with each end of a trial. So transactions are short, and others can write in between.
class TrialWriter {
 public:
  explicit TrialWriter(Database& database) : database_(database) {}

  Status begin(const std::string& run, const trial::TrialKey& key, std::uint64_t seed);
  Status add_metrics(const std::string& run, const trial::TrialKey& key,
                     const std::vector<link::MetricInfo>& metrics);
  Status add_samples(const std::string& run, const trial::TrialKey& key, const link::SampleBatch& batch);
  Status add_event(const std::string& run, const trial::TrialKey& key, const trial::TrialEvent& event);
  /// The record and all that waits, in one transaction.
  Status end(const std::string& run, const trial::TrialRecord& record);

  /// Commits what waits. After an error it still waits.
  Status flush();
  /// The run's rowid; this process writes it from now on. Inside a transaction of the database's. Error:
  /// usage: another process is writing it.
  [[nodiscard]] Result<std::int64_t> claim_run(const std::string& run);
  /// Another process may take the run over from now on.
  void release(const std::string& run) { owned_.erase(run); }

 private:
  using TrialName = std::pair<std::string, trial::TrialKey>;
  struct Block {
    std::uint64_t samples;
    std::string data;
  };
  struct Waiting {
    std::int64_t trial;
    std::variant<Block, trial::TrialEvent, link::MetricInfo> what;
  };

  [[nodiscard]] Result<std::int64_t> open_trial(const std::string& run, const trial::TrialKey& key) const;
  Status keep(Waiting waiting, std::size_t bytes);
  void write_waiting();
  void forget_waiting();

  Database& database_;
  std::map<TrialName, std::int64_t> open_;  ///< rowids of the trials that were begun and not ended
  std::set<std::string> owned_;             ///< runs whose writer this process is
  std::vector<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  Clock::time_point oldest_;
};

}  // namespace assay::store
