// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "workloads/all.hpp"
#include "workloads/shared_fault/fault_area.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <bit>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

namespace assay::agent::workloads {
namespace {

/// The CPUs that this process may use, parted: the last of them, and all others. Where there is only one,
/// neither `apply_last` nor `apply_others` changes anything.
class Cpus {
 public:
  Cpus() {
    if (::sched_getaffinity(0, sizeof all_, &all_) != 0) {
      CPU_ZERO(&all_);
    }
  }
  /// Both for the calling thread.
  void apply_last() const { apply(true); }
  void apply_others() const { apply(false); }

 private:
  void apply(bool last) const {
    std::size_t highest = 0;
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      highest = CPU_ISSET(cpu, &all_) ? cpu : highest;
    }
    if (CPU_COUNT(&all_) < 2) {
      return;
    }
    cpu_set_t wanted = all_;
    if (last) {
      CPU_ZERO(&wanted);
      CPU_SET(highest, &wanted);
    } else {
      CPU_CLR(highest, &wanted);
    }
    (void)::sched_setaffinity(0, sizeof wanted, &wanted);
  }

  cpu_set_t all_{};
};

/// A thread that takes mmap_lock for writing all the time: it maps and unmaps a page that nobody else uses.
/// It has a CPU of its own where there are two: who waits for it waits for the lock, not for its CPU.
class Writer {
 public:
  Writer(bool wanted, const Cpus& cpus) {
    if (wanted) {
      thread_ = std::jthread([this, cpus](const std::stop_token& stop) {
        cpus.apply_last();
        loop(stop);
      });
    }
  }
  void stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
  }
  /// Odd while the writer is inside mmap() or munmap(), with another value at each call.
  [[nodiscard]] std::uint64_t call() const { return call_.load(std::memory_order_acquire); }
  /// That went well.
  [[nodiscard]] std::int64_t calls_done() const { return done_; }

 private:
  void loop(const std::stop_token& stop) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    while (!stop.stop_requested()) {
      call_.fetch_add(1, std::memory_order_acq_rel);
      void* map = ::mmap(nullptr, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      call_.fetch_add(1, std::memory_order_acq_rel);
      if (map == MAP_FAILED) {
        continue;
      }
      ++done_;
      call_.fetch_add(1, std::memory_order_acq_rel);
      done_ += ::munmap(map, page) == 0 ? 1 : 0;
      call_.fetch_add(1, std::memory_order_acq_rel);
    }
  }

  std::atomic<std::uint64_t> call_{0};
  std::atomic<std::int64_t> done_{0};
  std::jthread thread_;
};

/// What one thread saw. Own cache line each.
struct alignas(64) Tally {
  std::int64_t touches = 0;
  std::int64_t time_ns = 0;
  std::int64_t overlaps = 0;
  std::int64_t slow = 0;
  std::int64_t wrong = 0;
  std::int64_t refused = 0;
};

constexpr std::size_t most_perf_pages = 256;

class Run {
 public:
  explicit Run(Context& context)
      : context_(context),
        plan_(plan_of(context)),
        threads_(static_cast<std::size_t>(context.number("threads"))),
        rounds_(static_cast<std::uint64_t>(context.number("rounds"))),
        slow_ns_(static_cast<std::uint64_t>(context.number("slow"))),
        gap_(context.number("gap")),
        together_(context.flag("together")),
        area_(plan_),
        tallies_(threads_),
        barrier_(static_cast<std::ptrdiff_t>(threads_) + 1) {}

  void operator()() {
    std::vector<std::jthread> threads;
    threads.reserve(threads_);
    for (std::size_t i = 0; i < threads_; ++i) {
      threads.emplace_back([this, i] {
        if (context_.flag("writer")) {
          cpus_.apply_others();
        }
        touch_rounds(i);
      });
    }
    // Round 0 brings in stacks, code and page tables; it is not measured.
    run_round();
    std::ranges::fill(tallies_, Tally{});
    Writer writer(context_.flag("writer"), cpus_);
    writer_ = &writer;
    context_.begin_measurement();
    const std::int64_t calls = writer.calls_done();
    for (std::uint64_t round = 0; round < rounds_; ++round) {
      run_round();
    }
    const std::int64_t writer_ops = writer.calls_done() - calls;
    context_.end_measurement();
    writer.stop();
    threads.clear();
    context_.counter("writer_ops", writer_ops);
    report();
  }

 private:
  static FaultPlan plan_of(const Context& context) {
    FaultPlan plan{.mapping = context.choice("mapping"),
                   .pages = static_cast<std::size_t>(context.number("pages")),
                   .write = context.choice("access") == "write",
                   .cold = context.flag("cold"),
                   .seed = context.seed()};
    if (plan.mapping == "ramfs" && plan.cold) {
      throw Refusal("fault.shared: mapping ramfs needs cold = false: a ramfs punches no holes");
    }
    if (plan.is_perf() &&
        (plan.write != plan.is_refused() || plan.cold || !std::has_single_bit(plan.pages))) {
      throw Refusal(
          "fault.shared: mapping perf needs access = read, perf-refused access = write, and both cold = "
          "false "
          "and a power of two of pages");
    }
    if (plan.is_refused() && (!plan.write || plan.cold)) {
      throw Refusal("fault.shared: mappings memfd-end and swap-disk need access = write and cold = false");
    }
    if (plan.is_perf_page() && (!plan.write || plan.cold || plan.pages > most_perf_pages)) {
      throw Refusal(
          "fault.shared: mapping perf-page needs access = write, cold = false and at most 256 pages");
    }
    if (plan.is_vcpu() && (plan.write || plan.cold || plan.pages > 2)) {
      throw Refusal("fault.shared: mapping kvm-vcpu needs access = read, cold = false and at most 2 pages");
    }
    if (plan.pages < static_cast<std::size_t>(context.number("threads"))) {
      throw Refusal("fault.shared: parameter pages must not be below threads");
    }
    return plan;
  }

  void run_round() {
    try {
      area_.clear();
    } catch (...) {
      // The threads wait at the barrier and cannot be woken; the process ends with what went wrong.
      failure_ = std::current_exception();
      quit_ = true;
    }
    barrier_.arrive_and_wait();
    barrier_.arrive_and_wait();
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

  void touch_rounds(std::size_t thread) {
    for (std::uint64_t round = 0; round <= rounds_; ++round) {
      barrier_.arrive_and_wait();
      if (!quit_) {
        touch_slice(thread, round);
      }
      barrier_.arrive_and_wait();
      if (quit_) {
        return;
      }
    }
  }

  void touch_slice(std::size_t thread, std::uint64_t round) {
    const std::size_t first = together_ ? 0 : plan_.pages * thread / threads_;
    const std::size_t last = together_ ? plan_.pages : plan_.pages * (thread + 1) / threads_;
    Tally& tally = tallies_[thread];
    const Writer* writer = writer_;
    const std::uint64_t slice_begin = monotonic_ns();
    for (std::size_t page = first; page < last; ++page) {
      if (gap_.count() != 0) {
        std::this_thread::sleep_for(gap_);
      }
      const std::uint64_t begin = slow_ns_ != 0 ? monotonic_ns() : 0;
      const std::uint64_t call = writer != nullptr ? writer->call() : 0;
      tally.refused += area_.touch(page, round) ? 0 : 1;
      tally.overlaps += (call & 1U) != 0 && writer->call() == call ? 1 : 0;
      tally.slow += slow_ns_ != 0 && monotonic_ns() - begin > slow_ns_ ? 1 : 0;
    }
    tally.time_ns += static_cast<std::int64_t>(monotonic_ns() - slice_begin);
    tally.touches += static_cast<std::int64_t>(last - first);
    for (std::size_t page = first; page < last; ++page) {
      tally.wrong += area_.is_right(page, round) ? 0 : 1;
    }
  }

  void report() {
    Tally sum;
    for (const auto& tally : tallies_) {
      sum.touches += tally.touches;
      sum.time_ns += tally.time_ns;
      sum.overlaps += tally.overlaps;
      sum.slow += tally.slow;
      sum.wrong += tally.wrong;
      sum.refused += tally.refused;
    }
    context_.counter("touches", sum.touches);
    context_.counter("touch_time", sum.time_ns);
    context_.counter("rounds", static_cast<std::int64_t>(rounds_));
    context_.counter("writer_overlap", sum.overlaps);
    context_.counter("slow_touches", sum.slow);
    context_.counter("refused", sum.refused);
    context_.check("content", sum.wrong == 0, std::to_string(sum.wrong) + " pages held a wrong word");
    if (plan_.is_refused()) {
      return;  // no page was mapped
    }
    const std::size_t resident = area_.resident();
    context_.check("resident", resident == plan_.pages,
                   std::to_string(resident) + " of " + std::to_string(plan_.pages) + " pages are in memory");
    if (plan_.is_private() && plan_.write) {
      const std::size_t changed = area_.changed_in_file();
      context_.check("file_untouched", changed == 0, std::to_string(changed) + " pages of the file changed");
    }
    // Read faults on a warm file are answered 16 at a time (fault-around).
    if (!together_ && (plan_.write || plan_.cold || plan_.is_kernels())) {
      const std::int64_t faults = context_.measurement().change("vmstat.pgfault");
      context_.check("faulted", faults >= sum.touches,
                     std::to_string(faults) + " faults for " + std::to_string(sum.touches) + " touches");
    }
  }

  Context& context_;
  FaultPlan plan_;
  std::size_t threads_;
  std::uint64_t rounds_;
  std::uint64_t slow_ns_;
  std::chrono::nanoseconds gap_;
  bool together_;
  Cpus cpus_;
  FaultArea area_;
  std::vector<Tally> tallies_;
  std::barrier<> barrier_;
  std::atomic<const Writer*> writer_{nullptr};
  std::exception_ptr failure_;
  std::atomic<bool> quit_{false};
};

std::vector<ParameterSpec> fault_parameters() {
  return {
      {.name = "threads",
       .unit = "threads",
       .default_value = "2",
       .min = 1,
       .max = 64,
       .help = "threads that touch; each has its own slice of the pages"},
      {.name = "pages",
       .unit = "pages",
       .default_value = "256",
       .min = 1,
       .max = 1 << 20,
       .help = "pages of the mapping"},
      {.name = "rounds",
       .unit = "rounds",
       .default_value = "16",
       .min = 1,
       .max = 1'000'000,
       .help = "how often all pages are taken out of the page tables and touched again"},
      {.name = "mapping",
       .type = ParameterType::choice,
       .default_value = "memfd",
       .choices = {"memfd", "tmpfs", "ramfs", "perf", "perf-page", "perf-refused", "memfd-end", "swap-disk",
                   "kvm-vcpu", "private-file"},
       .help = "memfd and tmpfs: shared memory, with ->map_pages; ramfs: a file with the vm_ops of most file "
               "systems; perf: a perf ring buffer, and kvm-vcpu: what KVM shares with a vcpu's program (2 "
               "pages), both with ->fault and without ->map_pages; perf-page: the control pages of as many "
               "perf events, which have ->page_mkwrite besides and may be written; perf-refused: a ring "
               "buffer of which no page may be, memfd-end: a memfd that is empty, and swap-disk: the "
               "machine's disk, which is swapped to: each "
               "write ends in SIGBUS; private-file: MAP_PRIVATE of a memfd"},
      {.name = "access",
       .type = ParameterType::choice,
       .default_value = "write",
       .choices = {"write", "read"},
       .help = "how a page is touched first"},
      {.name = "cold",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "punch the file out of the page cache between rounds, so that fault-around finds nothing"},
      {.name = "together",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "all threads touch all pages, in the same order at the same time, not each its own slice"},
      {.name = "writer",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help =
           "another thread maps and unmaps an unrelated page all the time: takes mmap_lock for writing; it "
           "has one CPU for itself where there are two"},
      {.name = "slow",
       .type = ParameterType::duration,
       .unit = "ns",
       .default_value = "0",
       .min = 0,
       .max = 60'000'000'000,
       .help = "count touches that take longer than this; 0 does not look at the clock"},
      {.name = "gap",
       .type = ParameterType::duration,
       .unit = "ns",
       .default_value = "0",
       .min = 0,
       .max = 60'000'000'000,
       .help = "sleep so long before each touch"}};
}

}  // namespace

Workload fault_shared() {
  return {.name = "fault.shared",
          .summary = "Threads touch a mapping page by page, again and again: one page fault a touch.",
          .parameters = fault_parameters(),
          .counters =
              {{.name = "touches", .unit = "touches", .help = "first touches of pages, each to fault once"},
               {.name = "touch_time",
                .unit = "ns",
                .help = "from the first touch of each round to its last, gaps included, over all threads"},
               {.name = "rounds", .unit = "rounds", .help = "measured rounds"},
               {.name = "writer_ops",
                .unit = "calls",
                .help = "mmap() and munmap() calls of the writer that went well while it was measured"},
               {.name = "writer_overlap",
                .unit = "touches",
                .help = "touches that began and ended inside one and the same call of the writer"},
               {.name = "slow_touches", .unit = "touches", .help = "touches slower than parameter slow"},
               {.name = "refused", .unit = "touches", .help = "that ended in a SIGBUS"}},
          .checks = {{.name = "content", .help = "each page holds the word that was written, or the file's"},
                     {.name = "resident", .help = "all pages are in memory after the last round"},
                     {.name = "file_untouched", .help = "writes to a private mapping did not reach the file"},
                     {.name = "faulted", .help = "the kernel counted at least one fault a touch"}},
          .run = [](Context& context) { Run{context}(); }};
}

}  // namespace assay::agent::workloads
