// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.hpp"
#include "context.hpp"
#include "workloads/all.hpp"
#include "workloads/compaction.hpp"
#include "workloads/guest_memfd.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

namespace assay::agent::workloads {
namespace {

constexpr std::uint64_t hog_turn_ns = 5'000'000;

void stay_on_cpu(unsigned cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) {
    throw_errno("stay on CPU " + std::to_string(cpu));
  }
}

/// Threads that go on until they are told to stop; the first that fails tells them all.
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
  void finish() {
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

class Race {
 public:
  explicit Race(Context& context)
      : context_(context),
        size_(static_cast<std::uint64_t>(context.number("size"))),
        closes_(context.choice("end") == "close"),
        memfd_(context.choice("kind") == "memfd") {
    if (!memfd_) {
      machine_.emplace();
    }
  }

  void operator()() {
    const auto scanner = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1;
    Crew crew;
    context_.begin_measurement();
    crew.add([&](const std::stop_token& stop) { truncate_files(stop); });
    crew.add([&](const std::stop_token& stop) { scan(stop, scanner); });
    if (context_.flag("hog")) {
      crew.add([&](const std::stop_token& stop) { take_turns(stop, scanner); });
    }
    const auto end = monotonic_ns() + static_cast<std::uint64_t>(context_.number("duration"));
    while (monotonic_ns() < end && !crew.failed()) {
      ::usleep(10'000);
    }
    crew.finish();
    context_.end_measurement();
    context_.counter("files", files_);
    context_.counter("passes", passes_);
  }

 private:
  [[nodiscard]] UniqueFd new_file() const {
    if (!memfd_) {
      return machine_->create(size_);
    }
    UniqueFd file(::memfd_create("race", MFD_CLOEXEC));
    if (!file || ::ftruncate(file.get(), static_cast<off_t>(size_)) != 0) {
      throw_errno("create a memfd");
    }
    return file;
  }

  void truncate_files(const std::stop_token& stop) {
    UniqueFd kept;
    while (!stop.stop_requested()) {
      if (closes_ || !kept) {
        kept = new_file();  // and the one before is closed: its inode is freed
      }
      allocate(kept, size_);
      if (!closes_) {
        punch_hole(kept, 0, size_);
      }
      ++files_;
    }
  }

  void scan(const std::stop_token& stop, unsigned cpu) {
    stay_on_cpu(cpu);
    while (!stop.stop_requested()) {
      compact_all_memory();
      ++passes_;
    }
  }

  /// Has the scanner's CPU every other turn, so that a preemptible kernel takes it off in the middle.
  static void take_turns(const std::stop_token& stop, unsigned cpu) {
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
  bool memfd_;
  std::optional<GuestMemory> machine_;
  std::atomic<std::int64_t> files_{0};
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
      .parameters = {{.name = "kind",
                      .type = ParameterType::choice,
                      .default_value = "guest-memfd",
                      .choices = {"guest-memfd", "memfd"},
                      .help = "files of which kind"},
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
      .counters = {{.name = "files", .unit = "files", .help = "times that memory was given and taken"},
                   {.name = "passes", .unit = "passes", .help = "passes of compaction over all of memory"}},
      .checks = {},
      .run = race};
}

}  // namespace assay::agent::workloads
