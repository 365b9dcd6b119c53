// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/scheduler.hpp"

#include "base/text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <thread>
#include <utility>

namespace assay::trial {
namespace {

constexpr unsigned attempts_per_trial = 2;
constexpr unsigned boots_per_variant = 2;
constexpr unsigned losses_in_a_row = 6;  // of any kind: then the host is at fault and more trials are no use
const Bytes qemu_overhead = mib(96);

/// The state of one run_all(), shared by its slots: everything on one thread.
class Schedule {
 public:
  Schedule(RunContext& context, std::vector<GuestJob> jobs, Capacity capacity)
      : context_(context), capacity_(capacity), waiting_(jobs.begin(), jobs.end()), changed_(nullptr) {}

  Task<RunEnd> run() {
    const auto executor = co_await asio::this_coro::executor;
    changed_ = std::make_unique<asio::steady_timer>(executor, Clock::time_point::max());
    slots_.assign(std::max(1U, capacity_.guests), false);
    while (running_ > 0 || may_go_on()) {
      if (!start_next(executor)) {
        co_await changed_->async_wait(noexcept_awaitable);
        changed_->expires_at(Clock::time_point::max());
      }
    }
    end_.interrupted = context_.interrupt.requested();
    co_return std::move(end_);
  }

 private:
  [[nodiscard]] bool may_go_on() const {
    return !waiting_.empty() && !context_.interrupt.requested() && end_.fatal.empty();
  }

  [[nodiscard]] Bytes memory_of(const GuestJob& job) const {
    return context_.machine_of(job).memory + qemu_overhead;
  }

  /// Starts the next job that fits; false when there is nothing to start now.
  bool start_next(const asio::any_io_executor& executor) {
    if (!may_go_on()) {
      return false;
    }
    const auto slot = std::find(slots_.begin(), slots_.end(), false);
    const auto memory = memory_of(waiting_.front());
    if (slot == slots_.end() || (running_ > 0 && memory_ + memory > capacity_.memory)) {
      return false;
    }
    *slot = true;
    ++running_;
    memory_ = memory_ + memory;
    // Off the list first: serve() may run to its end before co_spawn() returns, and put the job back.
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    asio::co_spawn(executor, serve(std::move(job), static_cast<unsigned>(slot - slots_.begin())),
                   asio::detached);
    return true;
  }

  Task<> serve(GuestJob job, unsigned slot) {
    const auto memory = memory_of(job);
    auto end = co_await run_job(context_, job, slot);
    note_end(std::move(job), std::move(end));
    context_.observer.on_slot_free(slot);
    slots_[slot] = false;
    --running_;
    memory_ = memory_ - memory;
    changed_->cancel();
  }

  void note_end(GuestJob job, JobEnd end) {
    if (!end.records.empty()) {
      losses_ = 0;
      boot_failures_[place_of(job)] = 0;
    }
    if (end.left.empty() || context_.interrupt.requested()) {
      return;
    }
    job.orders = std::move(end.left);
    if (end.boot_failed && ++boot_failures_[place_of(job)] >= boots_per_variant) {
      give_up(job, end.why);
      return;
    }
    if (end.boot_failed || end.ours) {
      count_loss(job, end.why);
    } else {
      job.attempt = 1;
    }
    if (!job.orders.empty() && !end_.unbootable.contains(place_of(job))) {
      waiting_.push_front(std::move(job));
    }
  }

  /// The trial that was running is tried once more, then it is lost; the rest of the guest's list goes on.
  void count_loss(GuestJob& job, const std::string& why) {
    if (++losses_ >= losses_in_a_row) {
      end_.fatal = why;
    }
    if (job.attempt < attempts_per_trial) {
      context_.observer.on_note(fmt::format("{}: {}; trying once more", describe(job), why));
      ++job.attempt;
      return;
    }
    TrialRecord record;
    record.key = job.key(job.orders.front());
    record.seed = job.orders.front().seed;
    record.outcome = Outcome::lost;
    record.reason = why;
    record.attempts = job.attempt;
    record.kernel_id = context_.kernel_of(job).id;
    if (auto kept = context_.sink.end_trial(record); !kept) {
      end_.fatal = kept.error().text();
    }
    context_.observer.on_trial(record);
    job.orders.erase(job.orders.begin());
    job.attempt = 1;
  }

  static std::string place_of(const GuestJob& job) {
    return fmt::format("{} on {}", job.variant, job.machine);
  }

  void give_up(const GuestJob& failed, const std::string& why) {
    const auto place = place_of(failed);
    end_.unbootable.insert(place);
    if (end_.boot_error.empty()) {
      end_.boot_error = fmt::format("kernel variant {} does not boot: {}", place, why);
    }
    std::erase_if(waiting_, [&](const GuestJob& job) { return place_of(job) == place; });
  }

  static std::string describe(const GuestJob& job) {
    return fmt::format("{} on {}, repeat {}, {}", job.variant, job.machine, job.repeat + 1,
                       job.orders.front().name);
  }

  RunContext& context_;
  Capacity capacity_;
  std::deque<GuestJob> waiting_;
  std::vector<bool> slots_;
  unsigned running_ = 0;
  Bytes memory_{0};
  unsigned losses_ = 0;
  std::map<std::string, unsigned> boot_failures_;
  std::unique_ptr<asio::steady_timer> changed_;
  RunEnd end_;
};

}  // namespace

Capacity host_capacity() {
  Capacity capacity;
  capacity.guests = std::max(1U, std::thread::hardware_concurrency());
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (meminfo >> name >> kilobytes >> unit) {
    if (name == "MemAvailable:") {
      capacity.memory = Bytes(kilobytes * 1024 / 4 * 3);
    }
  }
  return capacity;
}

Task<RunEnd> run_all(RunContext& context, std::vector<GuestJob> jobs, Capacity capacity) {
  Schedule schedule(context, std::move(jobs), capacity);
  co_return co_await schedule.run();
}

}  // namespace assay::trial
