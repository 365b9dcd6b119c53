// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "mm/compaction.hpp"
#include "mm/cpu_choice.hpp"
#include "mm/kernel_files.hpp"
#include "workloads/all.hpp"
#include "workloads/unmovable/unmovable_file.hpp"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr std::uint64_t race_ns_per_us = 1'000;

/// RCU's grace periods go on while a CPU is busy: the thread that drives them stays on the others.
void keep_rcu_off(std::size_t cpu) {
  cpu_set_t others;
  CPU_ZERO(&others);
  for (std::size_t other = 0; other < static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)); ++other) {
    if (other != cpu) {
      CPU_SET(other, &others);
    }
  }
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::string name;
    std::ifstream(process.path() / "comm") >> name;
    if (name == "rcu_preempt" || name == "rcu_sched") {
      ::sched_setaffinity(std::stoi(process.path().filename()), sizeof others, &others);
    }
  }
}

/// Whoever else wants this CPU waits.
void have_precedence() {
  const sched_param first{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO, &first) != 0) {
    throw_errno("become a real-time thread");
  }
}

/// Threads that go on until they are told to stop.
class Crew {
 public:
  template <class Work>
  void add(Work work) {
    threads_.emplace_back([this, work](const std::stop_token& stop) {
      try {
        work(stop);
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        failure_ = failure_ ? failure_ : std::current_exception();
        failed_ = true;
      }
    });
  }
  [[nodiscard]] bool failed() const { return failed_; }
  /// Stops them, and throws what one of them threw.
  void stop() {
    for (auto& thread : threads_) {
      thread.request_stop();
    }
    threads_.clear();
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

class TruncateRace {
 public:
  explicit TruncateRace(Context& context)
      : context_(context),
        size_(static_cast<std::uint64_t>(context.number("size"))),
        hog_turn_(context.number("hog")),
        closes_(context.choice("end") == "close"),
        files_(context.choice("kind")),
        fragments_(context) {}

  void operator()() {
    const auto scanner = static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
    keep_rcu_off(scanner);
    Crew crew;
    context_.begin_measurement();
    crew.add([&](const std::stop_token& stop) { truncate_files(stop); });
    if (hog_turn_.count() > 0) {
      crew.add([&](const std::stop_token& stop) { take_turns(stop, scanner); });
    }
    stay_on_cpu(scanner);
    // Whole passes only: where in memory the files lie, a pass may come to at its end.
    const auto end = monotonic_ns() + static_cast<std::uint64_t>(context_.number("duration"));
    std::int64_t passes = 0;
    std::uint64_t compacting_ns = 0;
    for (; monotonic_ns() < end && !crew.failed(); ++passes) {
      const auto begin = monotonic_ns();
      compact_all_memory();
      compacting_ns += monotonic_ns() - begin;
    }
    crew.stop();
    context_.end_measurement();
    context_.counter("truncations", truncations_);
    context_.counter("passes", passes);
    context_.counter("compacting_us", static_cast<std::int64_t>(compacting_ns / race_ns_per_us));
  }

 private:
  void truncate_files(const std::stop_token& stop) {
    UniqueFd file;
    while (!stop.stop_requested()) {
      if (closes_ || !file) {
        file = files_.create(size_);  // and the one before is closed, which frees its inode
      }
      allocate_file(file, size_);
      if (!closes_) {
        punch_hole(file, 0, size_);
      }
      ++truncations_;
    }
  }

  /// Has the scanner's CPU most of the time. It takes the CPU when its sleep is over, and so takes a scanner
  /// that was held up off it at once, where the kernel is preemptible; and a turn is long enough for two RCU
  /// grace periods, the one under way and the next.
  void take_turns(const std::stop_token& stop, std::size_t cpu) const {
    stay_on_cpu(cpu);
    have_precedence();
    while (!stop.stop_requested()) {
      const auto end = monotonic_ns() + static_cast<std::uint64_t>(hog_turn_.count());
      while (monotonic_ns() < end) {
      }
      std::this_thread::sleep_for(hog_turn_ / 4);
    }
  }

  Context& context_;
  std::uint64_t size_;
  std::chrono::nanoseconds hog_turn_;
  bool closes_;
  UnmovableFiles files_;
  Fragments fragments_;
  std::atomic<std::int64_t> truncations_{0};
};

void race(Context& context) {
  require_compaction();
  // A scanner that is held up again and again is no soft lockup.
  std::optional<KernelSetting> patience;
  if (constexpr const char* watchdog = "/proc/sys/kernel/watchdog_thresh"; ::access(watchdog, W_OK) == 0) {
    patience.emplace(watchdog, "60");
  }
  TruncateRace{context}();
}

}  // namespace

Workload unmovable_truncate_race() {
  return {
      .name = "unmovable.truncate_race",
      .summary = "Files are made and taken away while compaction looks at their folios.",
      .parameters =
          {UnmovableFiles::kind_parameter(),
           {.name = "end",
            .type = ParameterType::choice,
            .default_value = "close",
            .choices = {"close", "punch-hole"},
            .help = "how the memory goes: with the inode, or only truncated"},
           {.name = "size",
            .type = ParameterType::size,
            .unit = "bytes",
            .default_value = "4M",
            .min = 1 << 16,
            .max = 1 << 30,
            .help = "of each file"},
           {.name = "hog",
            .type = ParameterType::duration,
            .unit = "ns",
            .default_value = "80ms",
            .min = 0,
            .max = 60'000'000'000,
            .help =
                "another thread has the scanner's CPU for so long, then sleeps for a quarter of it; 0: none"},
           Fragments::parameter(),
           {.name = "duration",
            .type = ParameterType::duration,
            .unit = "ns",
            .default_value = "5s",
            .min = 1'000'000,
            .max = 3'600'000'000'000,
            .help = "after this the pass under way is the last"}},
      .counters = {{.name = "truncations", .unit = "files", .help = "times that memory was given and taken"},
                   {.name = "passes", .unit = "passes", .help = "passes of compaction that were finished"},
                   {.name = "compacting_us",
                    .unit = "us",
                    .help = "that these took: who is held up in a pass is held up here"}},
      .checks = {},
      .run = race};
}

}  // namespace assay::agent::workloads
