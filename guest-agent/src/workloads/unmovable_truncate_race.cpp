// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.hpp"
#include "context.hpp"
#include "workloads/all.hpp"
#include "workloads/compaction.hpp"
#include "workloads/unmovable_file.hpp"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr std::uint64_t hog_turn_ns = 5'000'000;

void stay_on_cpu(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw_errno("stay on CPU " + std::to_string(cpu));
  }
}

/// Threads that go on until they are told to stop; the first that fails ends the wait for all of them.
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
        failed_.notify_all();
      }
    });
  }
  /// Lets them work for so long, stops them, and throws what one of them threw.
  void work_for(std::chrono::nanoseconds duration) {
    {
      std::unique_lock lock(mutex_);
      failed_.wait_for(lock, duration, [this] { return failure_ != nullptr; });
    }
    for (auto& thread : threads_) {
      thread.request_stop();
    }
    threads_.clear();
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable failed_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

class Race {
 public:
  explicit Race(Context& context)
      : context_(context),
        size_(static_cast<std::uint64_t>(context.number("size"))),
        closes_(context.choice("end") == "close"),
        files_(context.choice("kind")) {}

  void operator()() {
    const auto scanner = static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
    Crew crew;
    context_.begin_measurement();
    crew.add([&](const std::stop_token& stop) { truncate_files(stop); });
    crew.add([&](const std::stop_token& stop) { scan(stop, scanner); });
    if (context_.flag("hog")) {
      crew.add([&](const std::stop_token& stop) { take_turns(stop, scanner); });
    }
    crew.work_for(std::chrono::nanoseconds(context_.number("duration")));
    context_.end_measurement();
    context_.counter("truncations", truncations_);
    context_.counter("passes", passes_);
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

  void scan(const std::stop_token& stop, std::size_t cpu) {
    stay_on_cpu(cpu);
    while (!stop.stop_requested()) {
      compact_all_memory();
      ++passes_;
    }
  }

  /// Has the scanner's CPU every other turn, so that a preemptible kernel takes the scanner off it anywhere.
  static void take_turns(const std::stop_token& stop, std::size_t cpu) {
    stay_on_cpu(cpu);
    while (!stop.stop_requested()) {
      for (const auto end = monotonic_ns() + hog_turn_ns; monotonic_ns() < end;) {
      }
      ::usleep(static_cast<useconds_t>(hog_turn_ns / 1000));
    }
  }

  Context& context_;
  std::uint64_t size_;
  bool closes_;
  UnmovableFiles files_;
  std::atomic<std::int64_t> truncations_{0};
  std::atomic<std::int64_t> passes_{0};
};

void race(Context& context) {
  require_compaction();
  Race{context}();
}

}  // namespace

Workload unmovable_truncate_race() {
  return {
      .name = "unmovable.truncate_race",
      .summary = "Files are made and taken away while compaction looks at their folios.",
      .parameters = {UnmovableFiles::kind_parameter(),
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
                      .type = ParameterType::boolean,
                      .default_value = "true",
                      .help = "another thread has the scanner's CPU for 5 ms of every 10"},
                     {.name = "duration",
                      .type = ParameterType::duration,
                      .unit = "ns",
                      .default_value = "10s",
                      .min = 1'000'000,
                      .max = 3'600'000'000'000,
                      .help = "how long"}},
      .counters = {{.name = "truncations", .unit = "files", .help = "times that memory was given and taken"},
                   {.name = "passes", .unit = "passes", .help = "passes of compaction that were finished"}},
      .checks = {},
      .run = race};
}

}  // namespace assay::agent::workloads
