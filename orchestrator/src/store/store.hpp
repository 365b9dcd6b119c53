// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "trial/outcome.hpp"
#include "verdict/verdict.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::store {

/// A kernel as a run used it: enough to know what was judged after the cache is gone.
struct KernelInfo {
  std::string variant;  ///< the experiment's name
  std::string id;
  std::string release;
  std::string provenance;  ///< JSON
};

/// The texts that a kernel was made from.
struct KernelTexts {
  std::string config;                ///< all of its .config; "" when it is not kept
  std::vector<std::string> patches;  ///< those that are kept; the provenance names them by their SHA-256
};

/// One `assay run`.
struct RunInfo {
  std::string id;          ///< "20261121-051502-shared-fault-vma-lock", unique within a database
  std::string experiment;  ///< name
  std::string title;
  std::string experiment_toml;  ///< the file as it was read
  std::string settings;         ///< JSON of what the command line changed (trials, seed, machine)
  std::string host;             ///< JSON: CPU, kernel, QEMU, libvirt, accelerator, agent version and hash
  std::string started;          ///< UTC, ISO 8601
  std::string finished;         ///< "" while it runs or when it was killed
  std::string state;     ///< "running", "finished", "interrupted"; a run whose process died says "running"
  unsigned planned = 0;  ///< trials in the matrix
  unsigned done = 0;     ///< trials with an outcome
  std::vector<KernelInfo> kernels;
  std::map<verdict::Verdict, unsigned> verdicts;  ///< how many claims came to each; none while it runs
};

/// What a trial's guest sampled of one number.
struct MetricSeries {
  std::string name;
  std::string unit;
  std::vector<std::uint64_t> times;  ///< ns, guest CLOCK_MONOTONIC
  std::vector<std::int64_t> values;
};

/// The results database: SQLite, WAL, schema versioned and documented in results/README.md. One writer per
/// run; several processes may write different runs of one file at the same time. Never blocks longer than a
/// few seconds: a database that stays locked is an infrastructure error. All calls on one thread.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  Store(Store&&) = delete;
  Store& operator=(Store&&) = delete;
  virtual ~Store() = default;

  virtual Status begin_run(const RunInfo& run) = 0;
  /// Of more than 32 MiB of texts in a run those that come last are not kept.
  virtual Status add_kernel(const std::string& run, const KernelInfo& kernel, const KernelTexts& texts) = 0;
  /// Makes this process the one that writes the run, which was interrupted or killed. Error: usage: another
  /// process is writing it.
  virtual Status go_on(const std::string& run) = 0;
  /// The number of trials and the settings of a run that was begun, when a resumed one asks for others.
  virtual Status replan(const std::string& run, unsigned planned, const std::string& settings) = 0;
  virtual Status end_run(const std::string& run, std::string_view state,
                         const std::vector<verdict::ClaimVerdict>& verdicts) = 0;
  /// Writes trials of `run`; belongs to the store and lives as long as it.
  virtual trial::TrialSink& sink(const std::string& run) = 0;

  [[nodiscard]] virtual Result<std::vector<RunInfo>> runs() = 0;  ///< newest first
  /// By id, by a unique prefix or part of one, or "last". Error: usage, lists what is near.
  [[nodiscard]] virtual Result<RunInfo> find_run(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<trial::TrialRecord>> trials(const std::string& run) = 0;
  [[nodiscard]] virtual Result<std::vector<verdict::ClaimVerdict>> verdicts(const std::string& run) = 0;
  /// By the kernel's variant; none of runs that an earlier Assay wrote.
  [[nodiscard]] virtual Result<std::map<std::string, KernelTexts>> kernel_texts(const std::string& run) = 0;

  /// The samples of one trial; `metric` "" for all. Empty when it has none.
  [[nodiscard]] virtual Result<std::vector<MetricSeries>> samples(const std::string& run,
                                                                  const trial::TrialKey& key,
                                                                  std::string_view metric) = 0;
  /// The same of several metrics, in the order of their ids; none for all.
  [[nodiscard]] virtual Result<std::vector<MetricSeries>> samples(
      const std::string& run, const trial::TrialKey& key, const std::vector<std::string>& metrics) = 0;
  /// What a trial's guest calls the numbers it samples, in the order of their ids.
  [[nodiscard]] virtual Result<std::vector<trial::MetricInfo>> metrics(const std::string& run,
                                                                       const trial::TrialKey& key) = 0;
  [[nodiscard]] virtual Result<std::vector<trial::TrialEvent>> events(const std::string& run,
                                                                      const trial::TrialKey& key) = 0;
};

}  // namespace assay::store
