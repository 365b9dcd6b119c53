// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/life.hpp"

#include "base/log.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace assay::guest {
namespace {

using Phase = Visitor::Phase;

Task<LifeEnd> converse(machine::Guest& machine, GuestWatch& watch, Interrupt& interrupt, Patience patience,
                       Visitor& visitor) {
  auto socket = co_await machine.open_channel();
  if (!socket) {
    co_return LifeEnd{socket.error()};
  }
  LiveGuest guest(machine, watch, std::move(*socket), interrupt, patience);
  auto hello = co_await guest.hello();
  if (auto* trouble = std::get_if<Trouble>(&hello)) {
    co_return LifeEnd{{}, std::move(*trouble)};
  }
  co_await visitor.visit(guest, std::get<link::Hello>(hello));
  co_return LifeEnd{};
}

/// converse() as something that cannot throw: a watcher beside it would otherwise wait for ever.
Task<LifeEnd> converse_safely(machine::Guest& machine, GuestWatch& watch, Interrupt& interrupt,
                              Patience patience, Visitor& visitor) {
  std::string why;
  try {
    co_return co_await converse(machine, watch, interrupt, patience, visitor);
  } catch (const std::exception& error) {
    why = error.what();
  }
  co_return LifeEnd{fail(Failure::infrastructure, "unexpected error: {}", why)};
}

/// How it went, in a word or two.
std::string said_of(const LifeEnd& end) {
  return !end.ours      ? "lost to us: " + end.ours.error().text()
         : end.no_hello ? "no hello: " + end.no_hello->why
                        : "done with";
}

}  // namespace

Status LifeEnd::status() const {
  if (!ours) {
    return ours;
  }
  if (no_hello) {
    return no_hello->kind == Trouble::Kind::stopped
               ? fail(Failure::interrupted, "interrupted while the guest booted")
               : fail(Failure::boot, "{}", no_hello->with_console());
  }
  return destroyed;
}

Task<LifeEnd> live(machine::Hypervisor& hypervisor, Spec spec, Interrupt& interrupt, Patience patience,
                   Visitor& visitor) {
  using namespace asio::experimental::awaitable_operators;
  auto follower = Follower::open(co_await asio::this_coro::executor, spec.boot.console_log);
  if (!follower) {
    co_return LifeEnd{follower.error()};
  }
  visitor.on_phase(Phase::creating);
  constexpr unsigned usual_vcpus = 8;
  patience.boot += patience.large_boot * (std::max(spec.machine.vcpus, usual_vcpus) - usual_vcpus);
  const auto name = spec.boot.guest;
  const auto began = Clock::now();
  auto machine = co_await hypervisor.create(std::move(spec.machine), std::move(spec.boot));
  if (!machine) {
    log_event("guest {}: not created: {}", name, machine.error().text());
    co_return LifeEnd{machine.error()};
  }
  log_event("guest {}: created in {}", name, human(Clock::now() - began));
  visitor.on_phase(Phase::booting);
  GuestWatch watch(**machine, std::move(*follower));
  auto first = co_await (converse_safely(**machine, watch, interrupt, patience, visitor) ||
                         watch.watch_console() || watch.watch_end());
  LifeEnd end = std::get<0>(std::move(first));
  visitor.on_phase(Phase::ending);
  const auto ending = Clock::now();
  end.destroyed = co_await (*machine)->destroy();
  log_event("guest {}: {} after {}, destroyed in {}{}", name, said_of(end), human(ending - began),
            human(Clock::now() - ending), end.destroyed ? "" : ": " + end.destroyed.error().text());
  co_return end;
}

}  // namespace assay::guest
