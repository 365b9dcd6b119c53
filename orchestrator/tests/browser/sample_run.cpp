// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a run into a results folder without booting anything, for tests of reports and for measuring them:
// two kernels, all rules, each verdict, findings, events, samples, and a guest that sends what a page must
// not take for its own.
//
// usage: sample-run RESULTS [TRIALS [SAMPLES]]     (of each kernel; of all trials together)
#include "base/hash.hpp"
#include "store/open_store.hpp"
#include "store/store.hpp"
#include "verdict/verdict.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace assay {
namespace {

constexpr std::uint32_t metrics = 200;
constexpr std::uint64_t interval_ns = 10'000'000;
constexpr std::uint64_t boot_ns = 900'000'000;

constexpr const char* patch =
    "--- a/mm/retry.c\n+++ b/mm/retry.c\n@@ -1 +1 @@\n-again\n+</pre><script>twice\n";

constexpr const char* experiment_toml = R"([experiment]
name = "sample"
thread = "1234@example.org"
[machines.small]
vcpus = 2
memory = "512M"
[[claims]]
id = "fewer-retries"
workload = "write"
quote = "a </script><script>document.title = 'owned'</script> sentence"
author = "A. Developer"
[variants.before]
kernel = "a"
[variants.after]
kernel = "b"
[[grids]]
id = "of-touches"
says = "Parts of the touches."
workload = "write"
rows = ["retries", "touches", "absent"]
columns = ["touches", "retries"]
figure = "{row} / {column}"
expect = "<= 0.3"
)";

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

experiment::Claim claim_of(const std::string& id, const std::string& says, experiment::Rule rule) {
  experiment::Claim claim;
  claim.id = id;
  claim.says = says;
  claim.workload = "write";
  claim.rule = std::move(rule);
  return claim;
}

experiment::Experiment sample_experiment() {
  using experiment::Bound;
  const experiment::Figure retries{"retries", "touches"};
  const experiment::Comparison less{"before", "after", experiment::Direction::less, 0.1, true, 0.95};
  const experiment::Comparison fewer{"before", "after", experiment::Direction::less, 0, false, 0.95};
  const Bound many{Bound::Direction::at_least, 0.5};
  const Bound few{Bound::Direction::at_most, 0.3};
  experiment::Experiment experiment;
  experiment.name = "sample";
  experiment.claims = {
      claim_of("fewer-retries", "After the change fewer of the faults are retried.",
               experiment::MeasurementRule{retries, less}),
      claim_of(
          "split",
          "Before the change half of the faults are retried (vmf->vma -> vma->vm_lock); after it few are.",
          experiment::ThresholdRule{retries, {{"before", many}, {"after", few}}}),
      claim_of("always-few", "Few faults are retried, with and without the change.",
               experiment::ThresholdRule{retries, {{"before", few}, {"after", few}}}),
      claim_of("crashes-less", "The kernel crashes less often.",
               experiment::ProportionRule{{experiment::CountedEvent::Kind::finding, "KASAN", {}}, fewer}),
      claim_of("never-fails", "The content of a page never changes.",
               experiment::NeverRule{{experiment::CountedEvent::Kind::check, "content", {}}, {"after"}}),
      claim_of("unknown", "Nothing is known of </script><img src=x onerror=\"document.title='owned'\">.",
               experiment::ThresholdRule{{"absent", ""}, {{"before", many}, {"after", few}}}),
  };
  return experiment;
}

/// A stream of samples: a third of the metrics never changes, the others grow or wander.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t m = 0; m < metrics; ++m) {
      now_.push_back(static_cast<std::int64_t>(random_() % 1'000'000));
    }
  }

  link::SampleBatch next(std::size_t times) {
    link::SampleBatch batch;
    for (std::size_t t = 0; t < times; ++t) {
      batch.times.push_back(clock_ += interval_ns + random_() % 1000);
    }
    for (std::uint32_t m = 0; m < metrics; ++m) {
      batch.metrics.push_back(m);
      for (std::size_t t = 0; t < times; ++t) {
        now_[m] += step(m);
        batch.values.push_back(now_[m]);
      }
    }
    return batch;
  }

 private:
  std::int64_t step(std::uint32_t metric) {
    if (metric % 3 == 2) {
      return 0;
    }
    const auto much = static_cast<std::int64_t>(random_() % (1U << (metric % 12)));
    return metric % 3 == 0 ? much : much - (1 << (metric % 12)) / 2;
  }

  std::mt19937 random_;
  std::uint64_t clock_ = boot_ns;
  std::vector<std::int64_t> now_;
};

/// What the probe of a series saw: a line of each kind.
probe::ProbeReport report_of_patch() {
  using probe::LineState;
  probe::ProbeReport report;
  report.name = "patch";
  report.kind = "cover";
  report.automatic = true;
  report.lines = {
      {{"mm/memory.c", 5381, "\tret = vmf_can_call_fault(vmf);", true}, LineState::removed},
      {{"mm/memory.c", 5381, "\tif (vmf->flags & FAULT_FLAG_VMA_LOCK) {"}, LineState::ran},
      {{"mm/memory.c", 5382, "\t\tvma_end_read(vma);"}, LineState::no_instruction, true},
      {{"mm/memory.c", 5383, "\t\treturn VM_FAULT_RETRY;"}, LineState::no_instruction, true},
  };
  return report;
}

trial::TrialRecord record_of(const trial::TrialKey& key) {
  trial::TrialRecord record;
  record.key = key;
  record.seed = 1000 + key.repeat;
  record.outcome = trial::Outcome::pass;
  record.kernel_id = std::string(64, key.variant == "before" ? 'b' : 'a');
  record.folder = "trials/" + key.variant + "-" + std::to_string(key.repeat + 1);
  record.measured = std::chrono::milliseconds(150 + key.repeat);
  record.wall = std::chrono::milliseconds(2100);
  const bool before = key.variant == "before";
  const auto wobble = static_cast<std::int64_t>(80 * std::sin(1.7 * key.repeat + (before ? 0 : 1)));
  record.counters = {{"touches", 1024}, {"retries", (before ? 720 : 180) + wobble}};
  record.checks = {{"content", true, ""}};
  if (!before) {
    record.probes = {report_of_patch()};
  }
  if (key.repeat % 7 == 3 && before) {
    record.outcome = trial::Outcome::finding;
    record.reason = "BUG: KASAN: use-after-free in </pre><script>document.title='owned'</script>";
    record.findings = {{record.reason, "00112233aabbccdd",
                        record.reason + "\nRead of size 8 by task worker/57\n\nCall Trace:\n <TASK>\n"
                                        " do_shared_fault+0x12/0x80\n </script><script>document.title='owned'"
                                        "</script>\n <!-- <script> \x1b]0;owned\x07\n"}};
  } else if (key.repeat % 11 == 9) {
    record.outcome = trial::Outcome::lost;
    record.reason = "the channel ended in the middle of a frame";
  }
  return record;
}

void write_trial(trial::TrialSink& sink, const trial::TrialKey& key, std::uint64_t samples) {
  constexpr std::size_t batch_times = 25;
  must(sink.begin_trial(key, 1000 + key.repeat));
  std::vector<link::MetricInfo> names;
  for (std::uint32_t m = 0; m < metrics; ++m) {
    names.push_back(
        {m, m == 0 ? "retries" : fmt::format("vmstat.metric_{}", m), m % 3 == 0 ? "events" : "pages"});
  }
  if (samples > 0) {
    must(sink.add_metrics(key, names));
  }
  Stream stream(key.repeat + (key.variant == "before" ? 0 : 500'000));
  for (std::uint64_t left = samples / metrics; left > 0;) {
    const auto times = static_cast<std::size_t>(std::min<std::uint64_t>(left, batch_times));
    must(sink.add_samples(key, stream.next(times)));
    left -= times;
  }
  must(sink.add_event(key, {boot_ns + 20 * interval_ns, "phase", "writers begin", 2}));
  must(sink.add_event(key, {boot_ns + 60 * interval_ns, "phase", "</script><b>writers end</b>", 0}));
  must(sink.end_trial(record_of(key)));
}

store::RunInfo run_info(unsigned trials) {
  store::RunInfo run;
  run.id = "20261121-051502-sample-0001";
  run.experiment = "sample";
  run.title = "mm: A sample </title><script>document.title='owned'</script> of a run";
  run.experiment_toml = experiment_toml;
  run.settings =
      R"({"trials": )" + std::to_string(trials) + R"(, "seed": 7, "kernels": ["before=a", "after=b"]})";
  run.host =
      R"({"cpu": "some CPU", "cores": 2, "accelerator": "TCG", "qemu": "QEMU emulator version 7.2.22"})";
  run.started = "2026-11-21T05:15:02Z";
  run.state = "running";
  run.planned = 2 * trials;
  const std::string provenance =
      R"({"variant": "linux-6.12", "arch": "x86_64", "source": {"package": "linux-source-6.12"}, "patches": [)"
      R"({"file": "/nowhere/0001-mm-retry.patch", "subject": "mm: retry <again>", "sha256": ")" +
      sha256(patch) + R"("}, {"file": "/nowhere/0002-mm-gone.patch", "sha256": "00"}]})";
  run.kernels = {
      {"before", std::string(64, 'b'), "6.12.117", provenance},
      {"after", std::string(64, 'a'), "6.12.117", R"({"variant": "linux-6.12", "arch": "x86_64"})"}};
  return run;
}

int write_run(const std::filesystem::path& folder, unsigned trials, std::uint64_t samples) {
  std::filesystem::create_directories(folder);
  auto results = must(store::open_store(folder / "assay.sqlite"));
  const auto run = run_info(trials);
  must(results->begin_run(run));
  must(results->add_kernel(run.id, run.kernels[0], {"CONFIG_RETRY=y\nCONFIG_SMP=y\n", {patch}}));
  must(results->add_kernel(run.id, run.kernels[1], {"CONFIG_RETRY=n\nCONFIG_SMP=y\n", {}}));
  auto& sink = results->sink(run.id);
  for (unsigned repeat = 0; repeat < trials; ++repeat) {
    for (const auto* variant : {"before", "after"}) {
      write_trial(sink, {variant, "small", "write", repeat}, samples / (2ULL * trials));
    }
  }
  const auto verdicts = verdict::judge_all(sample_experiment(), must(results->trials(run.id)));
  must(results->end_run(run.id, "finished", verdicts));
  std::printf("%s\n", run.id.c_str());
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: sample-run RESULTS [TRIALS [SAMPLES]]\n");
    return 2;
  }
  const auto number = [&](int index, std::uint64_t otherwise) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : otherwise;
  };
  return assay::write_run(argv[1], static_cast<unsigned>(number(2, 8)), number(3, 200'000));
}
