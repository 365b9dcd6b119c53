// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/guest_run.hpp"

#include "base/follower.hpp"

#include <exception>
#include <utility>

namespace assay::program {
namespace {

Task<Result<RunEnd>> carry_out(Conversation& conversation, Request& request, Streams& streams) {
  if (auto hello = co_await conversation.hello(); !hello) {
    co_return hello.error();
  }
  for (auto& file : request.files) {
    auto stored = co_await conversation.store(file);
    if (!stored) {
      co_return stored.error().within(
          fmt::format("copy {} into the guest as {}", file.host.string(), file.guest));
    }
  }
  if (auto begun = streams.begin(); !begun) {
    co_return begun.error();
  }
  RunEnd end;
  auto ended = co_await conversation.run(std::move(request.program), streams);
  if (!ended) {
    co_return ended.error();
  }
  end.program = std::move(*ended);
  for (auto& file : request.results) {
    auto fetched = co_await conversation.fetch(file);
    if (!fetched && (conversation.died() || fetched.error().kind() == Failure::interrupted)) {
      co_return fetched.error();
    }
    if (!fetched) {
      end.not_fetched.push_back(
          fetched.error().within(fmt::format("copy {} out of the guest", file.guest)).text());
    }
  }
  co_return end;
}

Task<Result<RunEnd>> converse(Home& home, machine::Guest& guest, trial::GuestWatch& watch, Request& request,
                              Streams& streams) {
  auto socket = co_await guest.open_channel();
  if (!socket) {
    co_return socket.error();
  }
  link::Session session(std::move(*socket));
  watch.attach(&session);
  streams.on_news([&session] { session.wake(); });
  const Interrupt::Subscription subscription(home.interrupt, [&session] { session.wake(); });
  Conversation conversation(guest, session, watch, home.interrupt, home.patience);

  auto end = co_await carry_out(conversation, request, streams);
  streams.on_news({});
  watch.attach(nullptr);
  if (!end && conversation.died() && end.error().kind() != Failure::boot) {
    end = RunEnd{};
    end->died = conversation.died();
  }
  if (end) {
    end->findings = conversation.findings();
  }
  co_return end;
}

/// converse() as something that cannot throw: a watcher beside it would otherwise wait for ever.
Task<Result<RunEnd>> guarded(Home& home, machine::Guest& guest, trial::GuestWatch& watch, Request& request,
                             Streams& streams) {
  std::string why;
  try {
    co_return co_await converse(home, guest, watch, request, streams);
  } catch (const std::exception& error) {
    why = error.what();
  }
  co_return fail(Failure::infrastructure, "unexpected error: {}", why);
}

}  // namespace

Task<Result<RunEnd>> run_in_guest(Home& home, Request request, Streams& streams) {
  using namespace asio::experimental::awaitable_operators;
  auto follower = Follower::open(co_await asio::this_coro::executor, home.boot.console_log);
  if (!follower) {
    co_return follower.error();
  }
  auto guest = co_await home.hypervisor.create(home.machine, home.boot);
  if (!guest) {
    co_return guest.error();
  }
  trial::GuestWatch watch(**guest, std::move(*follower));
  auto first = co_await (guarded(home, **guest, watch, request, streams) || watch.watch_console() ||
                         watch.watch_end());
  auto end = std::get<0>(std::move(first));
  auto destroyed = co_await (*guest)->destroy();
  if (end && !destroyed) {
    co_return destroyed.error();
  }
  co_return end;
}

}  // namespace assay::program
