// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/open_guest.hpp"

#include <exception>
#include <utility>

namespace assay::trial {
namespace {

Error not_booted(const TalkEnd& end, const GuestWatch& watch) {
  switch (end.kind) {
    case TalkEnd::Kind::stopped:
      return fail(Failure::interrupted, "interrupted while the guest booted");
    case TalkEnd::Kind::finding:
      return fail(Failure::boot, "{}; the last console lines were:\n{}", end.why, watch.last_lines(20));
    case TalkEnd::Kind::lost:
      break;
  }
  return fail(Failure::boot, "{}", end.why);
}

Task<Status> obey(RunContext& context, const GuestJob& job, machine::Guest& guest, GuestWatch& watch,
                  Orders& orders) {
  auto socket = co_await guest.open_channel();
  if (!socket) {
    co_return socket.error();
  }
  link::Session session(std::move(*socket));
  watch.attach(&session);
  const Interrupt::Subscription subscription(context.interrupt, [&session] { session.wake(); });
  Talk talk(context, job, guest, session, watch, nullptr);
  Status status;
  auto hello = co_await talk.hello();
  if (const auto* end = std::get_if<TalkEnd>(&hello)) {
    status = not_booted(*end, watch);
  } else {
    orders.on_ready(std::get<link::Hello>(hello));
    for (bool alive = true; alive;) {
      const auto workload = co_await orders.next();
      if (!workload) {
        break;
      }
      auto end = co_await talk.run(*workload);
      alive = std::holds_alternative<TrialRecord>(end);
      orders.on_trial(std::move(end));
    }
  }
  watch.attach(nullptr);
  co_return status;
}

/// obey() as something that cannot throw: a watcher beside it would otherwise wait for ever.
Task<Status> obey_safely(RunContext& context, const GuestJob& job, machine::Guest& guest, GuestWatch& watch,
                         Orders& orders) {
  std::string why;
  try {
    co_return co_await obey(context, job, guest, watch, orders);
  } catch (const std::exception& error) {
    why = error.what();
  }
  co_return fail(Failure::infrastructure, "unexpected error: {}", why);
}

}  // namespace

Task<Status> run_open_guest(RunContext& context, const GuestJob& job, OpenGuest guest, Orders& orders) {
  using namespace asio::experimental::awaitable_operators;
  auto follower = Follower::open(co_await asio::this_coro::executor, guest.boot.console_log);
  if (!follower) {
    co_return follower.error();
  }
  auto created = co_await context.hypervisor.create(std::move(guest.machine), std::move(guest.boot));
  if (!created) {
    co_return created.error();
  }
  GuestWatch watch(**created, std::move(*follower));
  auto first = co_await (obey_safely(context, job, **created, watch, orders) || watch.watch_console() ||
                         watch.watch_end());
  auto status = std::get<0>(std::move(first));
  auto destroyed = co_await (*created)->destroy();
  co_return status ? destroyed : status;
}

}  // namespace assay::trial
