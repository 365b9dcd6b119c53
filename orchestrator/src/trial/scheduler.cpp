// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/scheduler.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "trial/packing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

namespace assay::trial {
namespace {

constexpr unsigned attempts_per_trial = 2;
constexpr unsigned boots_per_variant = 2;
constexpr unsigned losses_in_a_row = 6;  // of any kind: then the host is at fault and more trials are no use
const Bytes qemu_overhead = mib(96);

/// The state of one run_all(), shared by its slots: everything on one thread.
class AllJobs {
 public:
  AllJobs(RunContext& context, std::vector<GuestJob> jobs, Capacity capacity)
      : context_(context),
        packing_(std::move(capacity),
                 [&context](const GuestJob& job) {
                   return context.machine_of(job).whole_memory() + qemu_overhead;
                 }),
        waiting_(std::make_move_iterator(jobs.begin()), std::make_move_iterator(jobs.end())) {}

  Task<RunEnd> run() {
    const auto executor = co_await asio::this_coro::executor;
    changed_ = std::make_unique<asio::steady_timer>(executor, Clock::time_point::max());
    while (packing_.running() > 0 || may_go_on()) {
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

  /// Starts the next job that fits; false when there is nothing to start now.
  bool start_next(const asio::any_io_executor& executor) {
    // Off the list first: serve() may run to its end before co_spawn() returns, and put the job back.
    auto next = may_go_on() ? packing_.next(waiting_) : std::nullopt;
    if (!next) {
      return false;
    }
    asio::co_spawn(executor, serve(std::move(next->first), next->second), asio::detached);
    return true;
  }

  Task<> serve(GuestJob job, Share share) {
    auto end = co_await run_job(context_, job, share.slot);
    note_end(std::move(job), std::move(end));
    context_.observer.on_slot_free(share.slot);
    packing_.give_back(share);
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
      log_event("retry of {}: {}", describe(job), why);
      context_.observer.on_note(fmt::format("{}: trying once more: {}", describe(job), why));
      ++job.attempt;
      return;
    }
    log_event("lost {}: {}", describe(job), why);
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
    log_event("given up {}: it does not boot: {}", place, why);
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
  Packing packing_;
  std::deque<GuestJob> waiting_;
  unsigned losses_ = 0;
  std::map<std::string, unsigned> boot_failures_;
  std::unique_ptr<asio::steady_timer> changed_;
  RunEnd end_;
};

}  // namespace

Task<RunEnd> run_all(RunContext& context, std::vector<GuestJob> jobs, Capacity capacity) {
  AllJobs all(context, std::move(jobs), capacity);
  co_return co_await all.run();
}

}  // namespace assay::trial
