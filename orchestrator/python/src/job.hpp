// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/handle.hpp"
#include "base/interrupt.hpp"
#include "link/messages.hpp"
#include "run/inputs.hpp"
#include "run/one_guest.hpp"
#include "trial/outcome.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assay::python {

/// What a job tells Python, in the order in which it happened.
namespace news {

struct Build {
  std::string variant;
  std::string text;  ///< "compiling 120 of 900", "6.12.117 1203f5207ab3, from the cache"
};
struct Planned {
  std::size_t trials = 0;
  std::size_t done = 0;
};
struct Phase {
  unsigned slot = 0;
  std::string variant;
  std::string machine;
  unsigned repeat = 0;
  std::string phase;  ///< "creating", "booting", "running", "ending"
  std::string workload;
};
struct Trial {
  trial::TrialRecord record;
};
struct Note {
  std::string text;
};
/// The guest's agent said hello.
struct Ready {
  link::Hello hello;
  std::string console;  ///< path
};
struct Metrics {
  std::vector<trial::MetricInfo> metrics;
};
struct Samples {
  trial::SampleBatch batch;
};
struct Event {
  trial::TrialEvent event;
};
/// A workload of a guest could not be run, or not to its end.
struct Failed {
  Error error;
};

}  // namespace news

using News = std::variant<news::Build, news::Planned, news::Phase, news::Trial, news::Note, news::Ready,
                          news::Metrics, news::Samples, news::Event, news::Failed>;

/// A job on the engine's thread and the one who watches it. Shared by both: the job ends when it ends, also
/// when Python has dropped it.
class Job {
 public:
  Job();

  // ---- the engine's side ----
  void tell(News news);
  /// The last word: an id of a run, or why there is none.
  void finish(Result<std::string> end);
  /// Values of samples that were not kept because nobody took them; to be told in a trial's record.
  [[nodiscard]] std::uint64_t take_dropped();
  [[nodiscard]] Interrupt& interrupt() { return interrupt_; }

  // ---- Python's side, any thread ----
  [[nodiscard]] std::optional<News> take();
  /// Readable while there is news or the end is there.
  [[nodiscard]] int fd() const { return wake_.get(); }
  [[nodiscard]] bool finished() const;
  /// The last word, once finished() and all news was taken.
  [[nodiscard]] Result<std::string> end() const;

 private:
  Interrupt interrupt_;  ///< only on the engine's thread
  UniqueFd wake_;        ///< an eventfd
  mutable std::mutex mutex_;
  std::deque<News> news_;
  std::uint64_t waiting_values_ = 0;  ///< of samples in news_
  std::uint64_t dropped_values_ = 0;
  std::optional<Result<std::string>> end_;
};

/// Asks the job to end in order. Any thread.
void cancel(const std::shared_ptr<Job>& job);

/// `assay run`; the last word is the run's id.
struct RunWish : run::Wish {
  std::string results;
  std::string connect;
};
[[nodiscard]] std::shared_ptr<Job> start_run(RunWish wish);

/// A guest that is kept for workloads; the last word is "".
struct GuestWish : run::GuestWish {
  std::string results;
  std::string connect;
};

/// Hands workloads to a guest, from Python's side.
class GuestOrders;
struct GuestJob {
  std::shared_ptr<Job> job;
  std::shared_ptr<GuestOrders> orders;
};
[[nodiscard]] GuestJob start_guest(GuestWish wish);
/// What experiment::read_order() takes; how it goes comes as news: Metrics, Samples, Event, and at last Trial
/// or Failed.
void order(const GuestJob& guest, toml::table wish);
/// No more workloads: the guest goes when the last one is done.
void release(const GuestJob& guest);

}  // namespace assay::python
