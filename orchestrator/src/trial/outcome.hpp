// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "finding/console.hpp"
#include "link/messages.hpp"
#include "probe/report.hpp"
#include "trial/order.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::trial {

/// How a trial ended. Only `lost` is a failure of ours; it never counts for or against a claim.
enum class Outcome : std::uint8_t { pass, fail, finding, skip, lost };
[[nodiscard]] std::string_view name_of(Outcome outcome);

struct CounterValue {
  std::string name;  ///< "touches", "vmstat.vma_lock_retry"
  std::int64_t value = 0;
};

struct CheckResult {
  std::string name;
  bool ok = false;
  std::string detail;
};

/// Everything that is known of one finished trial.
struct TrialRecord {
  TrialKey key;
  std::uint64_t seed = 0;
  Outcome outcome = Outcome::lost;
  std::string reason;  ///< why, unless it passed
  std::vector<CounterValue> counters;
  std::vector<CheckResult> checks;
  std::vector<finding::Report> findings;
  std::vector<probe::ProbeReport> probes;  ///< those that were active
  Nanoseconds measured{0};                 ///< guest time between the begin and the end of the measurement
  Nanoseconds wall{0};                     ///< host time, boot included where this trial booted its guest
  unsigned attempts = 1;                   ///< 2 when a first attempt was lost
  std::uint64_t dropped_frames = 0;
  std::uint64_t dropped_samples = 0;
  std::string kernel_id;
  std::string folder;  ///< relative to the run's folder
  [[nodiscard]] const std::int64_t* counter(std::string_view name) const;
};

using link::MetricInfo;
using link::SampleBatch;

struct TrialEvent {
  std::uint64_t time_ns = 0;
  std::string name;
  std::string detail;
  std::int64_t value = 0;
};

/// Where a trial's data goes while it runs: implemented by the store. Calls come on the io_context's thread.
/// A trial that is begun again (after a lost attempt) replaces what the first attempt wrote.
class TrialSink {
 public:
  TrialSink() = default;
  TrialSink(const TrialSink&) = delete;
  TrialSink& operator=(const TrialSink&) = delete;
  TrialSink(TrialSink&&) = delete;
  TrialSink& operator=(TrialSink&&) = delete;
  virtual ~TrialSink() = default;

  virtual Status begin_trial(const TrialKey& key, std::uint64_t seed) = 0;
  virtual Status add_metrics(const TrialKey& key, const std::vector<MetricInfo>& metrics) = 0;
  virtual Status add_samples(const TrialKey& key, const SampleBatch& batch) = 0;
  virtual Status add_event(const TrialKey& key, const TrialEvent& event) = 0;
  /// After this returns without an error, the trial survives a kill -9 of this process.
  virtual Status end_trial(const TrialRecord& record) = 0;
};

}  // namespace assay::trial
