// SPDX-License-Identifier: GPL-2.0-or-later
// How fast the results database takes samples in and gives them back, and what a sample costs on disk. The
// stream is what an agent sends: 200 counters, most of them changing little from one reading to the next.
#include "store/open_store.hpp"
#include "store/store.hpp"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace assay::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t metrics = 200;
constexpr std::uint64_t interval_ns = 10'000'000;
const trial::TrialKey key{"after", "pc", "shared", 0};

template <class T>
T must(Result<T>&& result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

/// The stream's batches, each continuing where the one before ended.
class Stream {
 public:
  explicit Stream(std::size_t times) {
    batch_.times.resize(times);
    batch_.values.resize(times * metrics);
    for (std::uint32_t m = 0; m < metrics; ++m) {
      batch_.metrics.push_back(m);
      now_.push_back(static_cast<std::int64_t>(random_() % 10'000'000));
    }
  }

  const link::SampleBatch& next() {
    for (auto& time : batch_.times) {
      time = clock_ += interval_ns + random_() % 1000;
    }
    auto value = batch_.values.begin();
    for (std::uint32_t m = 0; m < metrics; ++m) {
      for (std::size_t t = 0; t < batch_.times.size(); ++t) {
        now_[m] += static_cast<std::int64_t>(random_() % (1U << (m % 12)));
        *value++ = now_[m];
      }
    }
    return batch_;
  }

 private:
  std::mt19937 random_{1};
  std::uint64_t clock_ = 0;
  std::vector<std::int64_t> now_;
  link::SampleBatch batch_;
};

class Fixture : public benchmark::Fixture {
 public:
  using benchmark::Fixture::SetUp;
  using benchmark::Fixture::TearDown;

  void SetUp(benchmark::State& /*state*/) override {
    auto name = (fs::temp_directory_path() / "assay-bench-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    store = must(open_store(folder / "assay.sqlite"));
    RunInfo run;
    run.id = "r";
    run.started = "2026-01-01T00:00:00Z";
    run.state = "running";
    must(store->begin_run(run));
  }

  void TearDown(benchmark::State& /*state*/) override {
    store.reset();
    fs::remove_all(folder);
  }

  void write(std::uint64_t samples, std::size_t times) {
    auto& sink = store->sink("r");
    must(sink.begin_trial(key, 1));
    Stream stream(times);
    for (std::uint64_t written = 0; written < samples; written += times * metrics) {
      must(sink.add_samples(key, stream.next()));
    }
    trial::TrialRecord record;
    record.key = key;
    must(sink.end_trial(record));
  }

  /// Of the database alone: closing it empties the log into it.
  std::uintmax_t bytes() {
    store.reset();
    return fs::file_size(folder / "assay.sqlite");
  }

  fs::path folder;
  std::unique_ptr<Store> store;
};

/// One trial of a million samples, in batches of range(0) readings.
BENCHMARK_DEFINE_F(Fixture, ingest)(benchmark::State& state) {
  constexpr std::uint64_t samples = 1'000'000;
  for (auto _ : state) {
    write(samples, static_cast<std::size_t>(state.range(0)));
  }
  const auto total = samples * static_cast<std::uint64_t>(state.iterations());
  state.counters["samples/s"] = benchmark::Counter(static_cast<double>(total), benchmark::Counter::kIsRate);
  // Each iteration replaces the trial of the one before, so one trial is what the file holds.
  state.counters["bytes/sample"] = static_cast<double>(bytes()) / static_cast<double>(samples);
}
BENCHMARK_REGISTER_F(Fixture, ingest)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// Reads range(0) million samples, all metrics.
BENCHMARK_DEFINE_F(Fixture, read_back)(benchmark::State& state) {
  const auto samples = static_cast<std::uint64_t>(state.range(0)) * 1'000'000;
  write(samples, 10);
  for (auto _ : state) {
    benchmark::DoNotOptimize(must(store->samples("r", key, "")));
  }
  state.counters["samples/s"] = benchmark::Counter(
      static_cast<double>(samples) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK_REGISTER_F(Fixture, read_back)->Arg(1)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond);

/// A trial without samples: what each trial costs.
BENCHMARK_DEFINE_F(Fixture, empty_trial)(benchmark::State& state) {
  for (auto _ : state) {
    write(0, 1);
  }
}
BENCHMARK_REGISTER_F(Fixture, empty_trial)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace assay::store

BENCHMARK_MAIN();
