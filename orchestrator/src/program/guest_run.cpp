// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/guest_run.hpp"

#include "base/follower.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace assay::program {
namespace {

/// A program of which only the end is of interest.
class Unheard final : public Streams {
 public:
  Status begin() override { return {}; }
  Task<Result<bool>> write(link::Stream /*stream*/, std::string_view /*bytes*/) override { co_return true; }
  void on_news(std::function<void()> /*wake*/) override {}
  std::optional<Input> input() override { return std::nullopt; }
  std::optional<link::TerminalSize> resized() override { return std::nullopt; }
  [[nodiscard]] bool left() const override { return false; }
  [[nodiscard]] Status trouble() const override { return {}; }
};

Task<Status> run_before(Conversation& conversation, Request& request) {
  if (!request.before) {
    co_return Status();
  }
  const auto name = request.before->arguments.front();
  Unheard streams;
  auto ended = co_await conversation.run(std::move(*request.before), streams);
  if (!ended) {
    co_return ended.error();
  }
  if (ended->how != link::ProgramEnd::exited || ended->code != 0) {
    co_return fail(Failure::infrastructure, "cannot prepare the guest: {} failed: {}", name, ended->reason);
  }
  co_return Status();
}

Task<Result<RunEnd>> carry_out(Conversation& conversation, Request& request, Streams& streams) {
  if (auto hello = co_await conversation.hello(); !hello) {
    co_return hello.error();
  }
  if (!request.files.empty()) {
    auto stored = co_await conversation.store(std::move(request.files));
    if (!stored) {
      co_return stored.error().within("copy files into the guest");
    }
  }
  if (auto prepared = co_await run_before(conversation, request); !prepared) {
    co_return prepared.error();
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
      continue;
    }
    std::ranges::move(fetched->missing, std::back_inserter(end.not_fetched));
    std::ranges::move(fetched->remarks, std::back_inserter(end.remarks));
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
