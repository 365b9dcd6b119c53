// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/order_reader.hpp"
#include "job.hpp"
#include "job_progress.hpp"
#include "run/one_guest.hpp"
#include "trial/open_guest.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <exception>
#include <utility>

namespace assay::python {

/// What Python wants of a guest, and where the guest's data goes. All but the construction on the engine's
/// thread.
class GuestOrders final : public trial::Orders, public trial::TrialSink {
 public:
  explicit GuestOrders(std::shared_ptr<Job> job) : job_(std::move(job)) {}

  void add(toml::table wish) {
    if (over_) {
      job_->tell(news::Failed{fail(Failure::usage, "cannot run a workload: the guest is gone")});
      return;
    }
    waiting_.push_back(std::move(wish));
    wake();
  }
  void release() {
    released_ = true;
    wake();
  }
  /// The guest is gone: what still waits will never run.
  void end() {
    over_ = true;
    for (; !waiting_.empty(); waiting_.pop_front()) {
      job_->tell(news::Failed{fail(Failure::infrastructure, "cannot run a workload: the guest is gone")});
    }
  }

  void know(experiment::Catalogue catalogue) { catalogue_ = std::move(catalogue); }
  void boots_from(std::string console) { console_ = std::move(console); }

  void on_ready(const link::Hello& hello) override { job_->tell(news::Ready{hello, console_}); }
  Task<std::optional<trial::Order>> next() override;
  void on_trial(std::variant<trial::TrialRecord, guest::Trouble> end) override;

  Status begin_trial(const trial::TrialKey& key, std::uint64_t seed) override {
    began_.key = key;
    began_.seed = seed;
    return {};
  }
  Status add_metrics(const trial::TrialKey& /*key*/, const std::vector<trial::MetricInfo>& metrics) override {
    job_->tell(news::Metrics{metrics});
    return {};
  }
  Status add_samples(const trial::TrialKey& /*key*/, const trial::SampleBatch& batch) override {
    job_->tell(news::Samples{batch});
    return {};
  }
  Status add_event(const trial::TrialKey& /*key*/, const trial::TrialEvent& event) override {
    job_->tell(news::Event{event});
    return {};
  }
  Status end_trial(const trial::TrialRecord& /*record*/) override { return {}; }

 private:
  void wake() {
    if (waiter_ != nullptr) {
      waiter_->cancel();
    }
  }
  std::optional<trial::Order> read_first();

  std::shared_ptr<Job> job_;
  std::optional<experiment::Catalogue> catalogue_;
  std::string console_;
  std::deque<toml::table> waiting_;
  asio::steady_timer* waiter_ = nullptr;
  trial::TrialRecord began_;
  bool released_ = false;
  bool over_ = false;
};

std::optional<trial::Order> GuestOrders::read_first() {
  const auto wish = std::move(waiting_.front());
  waiting_.pop_front();
  auto order = experiment::read_order(wish, *catalogue_);
  if (!order) {
    job_->tell(news::Failed{order.error()});
    return std::nullopt;
  }
  return std::move(*order);
}

Task<std::optional<trial::Order>> GuestOrders::next() {
  auto& interrupt = job_->interrupt();
  asio::steady_timer waiter(co_await asio::this_coro::executor);
  const Interrupt::Subscription subscription(interrupt, [&waiter] { waiter.cancel(); });
  std::optional<trial::Order> workload;
  while (!workload && !interrupt.requested() && !(released_ && waiting_.empty())) {
    if (!waiting_.empty()) {
      workload = read_first();
      continue;
    }
    waiter.expires_at(Clock::time_point::max());
    waiter_ = &waiter;
    co_await waiter.async_wait(noexcept_awaitable);
    waiter_ = nullptr;
  }
  co_return workload;
}

void GuestOrders::on_trial(std::variant<trial::TrialRecord, guest::Trouble> end) {
  if (auto* record = std::get_if<trial::TrialRecord>(&end)) {
    record->dropped_samples += job_->take_dropped();
    job_->tell(news::Trial{std::move(*record)});
    return;
  }
  auto& trouble = std::get<guest::Trouble>(end);
  if (trouble.is_finding()) {
    auto record = began_;
    record.outcome = trial::Outcome::finding;
    record.reason = trouble.findings.front().title;
    record.findings = std::move(trouble.findings);
    job_->tell(news::Trial{std::move(record)});
    return;
  }
  const bool stopped = trouble.kind == guest::Trouble::Kind::stopped;
  const auto kind = stopped ? Failure::interrupted : Failure::infrastructure;
  job_->tell(news::Failed{fail(kind, "cannot finish the workload: {}", trouble.why)});
}

namespace {

Task<Status> keep_guest(Job& job, GuestOrders& orders, const GuestWish& wish) {
  const auto places = run::find_whole(wish.results, program_folder());
  if (!places) {
    co_return places.error();
  }
  auto catalogue = co_await experiment::ask_agent(places->agent);
  if (!catalogue) {
    co_return catalogue.error();
  }
  orders.know(std::move(*catalogue));
  JobProgress progress(job);
  run::Session session{*places, job.interrupt(), progress, wish.connect};
  auto prepared = co_await run::prepare_guest(session, wish, "python");
  if (!prepared) {
    co_return prepared.error();
  }
  for (const auto& note : prepared->notes) {
    progress.on_note(note);
  }
  orders.boots_from(prepared->spec.boot.console_log.string());
  auto ended = co_await trial::run_open_guest(*prepared->hypervisor, std::move(prepared->spec),
                                              job.interrupt(), orders, orders);
  const auto closed = co_await prepared->hypervisor->close();
  if (!ended) {
    co_return ended.error().kind() == Failure::boot ? ended.error().within("boot " + wish.kernel)
                                                    : ended.error();
  }
  co_return closed;
}

/// keep_guest() as something that always has a last word.
Task<> keep_to_the_end(std::shared_ptr<Job> job, std::shared_ptr<GuestOrders> orders, GuestWish wish) {
  Status end;
  try {
    end = co_await keep_guest(*job, *orders, wish);
  } catch (const std::exception& error) {
    end = fail(Failure::infrastructure, "unexpected: {}; this is a mistake in Assay", error.what());
  }
  orders->end();
  job->finish(end ? Result<std::string>(std::string()) : Result<std::string>(end.error()));
}

}  // namespace

GuestJob start_guest(GuestWish wish) {
  GuestJob guest{std::make_shared<Job>(), nullptr};
  guest.orders = std::make_shared<GuestOrders>(guest.job);
  Engine::of_process().start([guest, wish = std::move(wish)]() mutable {
    return keep_to_the_end(guest.job, guest.orders, std::move(wish));
  });
  return guest;
}

void order(const GuestJob& guest, toml::table wish) {
  Engine::of_process().post(
      [orders = guest.orders, wish = std::move(wish)]() mutable { orders->add(std::move(wish)); });
}

void release(const GuestJob& guest) {
  Engine::of_process().post([orders = guest.orders] { orders->release(); });
}

}  // namespace assay::python
