// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/open_store.hpp"

#include "base/text.hpp"
#include "store/database.hpp"
#include "store/runs.hpp"
#include "store/texts.hpp"
#include "store/trial_reader.hpp"
#include "store/trial_writer.hpp"
#include "store/verdicts.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace assay::store {
namespace {

/// The writer of one run's trials.
class RunSink final : public trial::TrialSink {
 public:
  RunSink(TrialWriter& writer, std::string run) : writer_(writer), run_(std::move(run)) {}

  Status begin_trial(const trial::TrialKey& key, std::uint64_t seed) override {
    return writer_.begin(run_, key, seed);
  }
  Status add_metrics(const trial::TrialKey& key, const std::vector<link::MetricInfo>& metrics) override {
    return writer_.add_metrics(run_, key, metrics);
  }
  Status add_samples(const trial::TrialKey& key, const link::SampleBatch& batch) override {
    return writer_.add_samples(run_, key, batch);
  }
  Status add_event(const trial::TrialKey& key, const trial::TrialEvent& event) override {
    return writer_.add_event(run_, key, event);
  }
  Status end_trial(const trial::TrialRecord& record) override { return writer_.end(run_, record); }

 private:
  TrialWriter& writer_;
  std::string run_;
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)), writer_(database_) {}

  Status begin_run(const RunInfo& run) override {
    return database_.write(fmt::format("begin run {}", printable(run.id)),
                           [&] { return insert_run(database_, run); });
  }

  Status add_kernel(const std::string& run, const KernelInfo& kernel, const KernelTexts& texts) override {
    return database_.write(fmt::format("keep the kernels of run {}", printable(run)), [&]() -> Status {
      const auto row = row_of_run(database_, run);
      if (!row) {
        return row.error();
      }
      put_kernel(database_, *row, kernel);
      put_texts(database_, *row, kernel.variant, texts);
      return {};
    });
  }

  Status go_on(const std::string& run) override {
    return database_.write(fmt::format("go on with run {}", printable(run)), [&]() -> Status {
      const auto row = writer_.claim_run(run);
      return row ? Status() : row.error();
    });
  }

  Status replan(const std::string& run, unsigned planned, const std::string& settings) override {
    return database_.write(fmt::format("plan run {} anew", printable(run)), [&]() -> Status {
      const auto row = row_of_run(database_, run);
      if (!row) {
        return row.error();
      }
      plan_run(database_, *row, planned, settings);
      return {};
    });
  }

  Status end_run(const std::string& run, std::string_view state,
                 const std::vector<verdict::ClaimVerdict>& verdicts) override {
    if (auto flushed = writer_.flush(); !flushed) {
      return flushed;
    }
    auto ended = database_.write(fmt::format("end run {}", printable(run)), [&]() -> Status {
      const auto row = row_of_run(database_, run);
      if (!row) {
        return row.error();
      }
      replace_verdicts(database_, *row, verdicts);
      close_run(database_, *row, state);
      return {};
    });
    if (ended) {
      writer_.release(run);
    }
    return ended;
  }

  trial::TrialSink& sink(const std::string& run) override {
    return sinks_.try_emplace(run, writer_, run).first->second;
  }

  Result<std::vector<RunInfo>> runs() override {
    return database_.read("list the runs",
                          [&]() -> Result<std::vector<RunInfo>> { return read_runs(database_); });
  }

  Result<RunInfo> find_run(std::string_view name) override {
    auto all = runs();
    return all ? choose_run(*all, name) : Result<RunInfo>(all.error());
  }

  Result<std::vector<trial::TrialRecord>> trials(const std::string& run) override {
    return of_run<std::vector<trial::TrialRecord>>(
        "trials", run, [&](std::int64_t row) { return read_trials(database_, row); });
  }

  Result<std::vector<verdict::ClaimVerdict>> verdicts(const std::string& run) override {
    return of_run<std::vector<verdict::ClaimVerdict>>(
        "verdicts", run, [&](std::int64_t row) { return read_verdicts(database_, row); });
  }

  Result<std::map<std::string, KernelTexts>> kernel_texts(const std::string& run) override {
    using Texts = std::map<std::string, KernelTexts>;
    return of_run<Texts>("texts of kernels", run,
                         [&](std::int64_t row) { return Result<Texts>(read_texts(database_, row)); });
  }

  Result<std::vector<MetricSeries>> samples(const std::string& run, const trial::TrialKey& key,
                                            std::string_view metric) override {
    return samples(run, key, metric.empty() ? std::vector<std::string>() : std::vector{std::string(metric)});
  }

  Result<std::vector<MetricSeries>> samples(const std::string& run, const trial::TrialKey& key,
                                            const std::vector<std::string>& metrics) override {
    return of_trial<std::vector<MetricSeries>>(
        "samples", run, key, [&](std::int64_t trial) { return read_samples(database_, trial, metrics); });
  }

  Result<std::vector<trial::MetricInfo>> metrics(const std::string& run,
                                                 const trial::TrialKey& key) override {
    using Metrics = std::vector<trial::MetricInfo>;
    return of_trial<Metrics>("metrics", run, key, [&](std::int64_t trial) {
      return Result<Metrics>(read_metrics(database_, trial));
    });
  }

  Result<std::vector<trial::TrialEvent>> events(const std::string& run, const trial::TrialKey& key) override {
    using Events = std::vector<trial::TrialEvent>;
    return of_trial<Events>("events", run, key, [&](std::int64_t trial) {
      return Result<Events>(read_events(database_, trial));
    });
  }

 private:
  template <class T, class Work>
  Result<T> of_run(std::string_view what, const std::string& run, Work work) {
    return database_.read(fmt::format("read {} of run {}", what, printable(run)), [&]() -> Result<T> {
      const auto row = row_of_run(database_, run);
      return row ? work(*row) : Result<T>(row.error());
    });
  }

  /// Includes what still waits to be written. A trial that was never begun has nothing to read.
  template <class T, class Work>
  Result<T> of_trial(std::string_view what, const std::string& run, const trial::TrialKey& key, Work work) {
    if (auto flushed = writer_.flush(); !flushed) {
      return flushed.error();
    }
    return of_run<T>(what, run, [&](std::int64_t row) {
      const auto trial = row_of_trial(database_, row, key);
      return trial ? work(*trial) : Result<T>(T());
    });
  }

  Database database_;
  TrialWriter writer_;
  std::map<std::string, RunSink> sinks_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::filesystem::path& path) {
  auto database = Database::open(path);
  if (!database) {
    return database.error();
  }
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(*database)));
}

Result<std::unique_ptr<Store>> read_store(const std::filesystem::path& path, Process process) {
  auto database = Database::open_to_read(path, process);
  if (!database) {
    return database.error();
  }
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(*database)));
}

std::unique_ptr<Store> no_results() { return std::make_unique<SqliteStore>(Database::empty()); }

}  // namespace assay::store
