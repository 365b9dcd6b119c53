// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/live_guest.hpp"

#include "base/text.hpp"
#include "guest/hang.hpp"

#include <algorithm>
#include <utility>

namespace assay::guest {
namespace {

/// Between two looks at a guest that says nothing.
constexpr auto look_interval = std::chrono::seconds(1);
/// QEMU's end is noticed a moment after its sockets close.
constexpr auto end_patience = std::chrono::seconds(1);
/// vCPUs that use less than this in a second are idle: a guest's timers alone need some of it.
constexpr auto idle_time = std::chrono::milliseconds(20);
constexpr std::size_t quoted_lines = 20;

bool is_panic(const finding::Report& report) {
  return report.text.find("Kernel panic - not syncing") != std::string::npos;
}

}  // namespace

std::string Trouble::with_console() const {
  return last_lines.empty() ? why : fmt::format("{}; the last console lines were:\n{}", why, last_lines);
}

LiveGuest::LiveGuest(machine::Guest& machine, GuestWatch& watch, link::AgentSession::Socket socket,
                     Interrupt& interrupt, Patience patience)
    : machine_(machine),
      watch_(watch),
      interrupt_(interrupt),
      patience_(patience),
      session_(std::move(socket)),
      subscription_(interrupt, [this] { session_.wake(); }) {
  watch_.attach(&session_);
}

LiveGuest::~LiveGuest() { watch_.attach(nullptr); }

Trouble LiveGuest::trouble(Trouble::Kind kind, std::string why) const {
  return {kind, std::move(why), {}, watch_.last_lines(quoted_lines)};
}

void LiveGuest::begin_order() {
  heard_ = Clock::now();
  session_.reset_limits();
}

Task<std::optional<Trouble>> LiveGuest::reported() {
  if (!watch_.reported()) {
    co_return std::nullopt;
  }
  auto findings = co_await watch_.collect(patience_.after_nmi);
  if (findings.empty()) {
    co_return std::nullopt;
  }
  const auto panic = std::ranges::find_if(findings, is_panic);
  const bool dead = panic != findings.end();
  auto told = trouble(dead ? Trouble::Kind::panic : Trouble::Kind::complaint,
                      dead ? panic->title : findings.front().title);
  told.findings = std::move(findings);
  co_return told;
}

Task<Trouble> LiveGuest::channel_closed() {
  co_await watch_.wait_for_news(end_patience);
  if (auto told = co_await reported()) {
    co_return std::move(*told);
  }
  co_return trouble(Trouble::Kind::gone, watch_.ended().value_or("the guest's channel closed"));
}

Task<Trouble> LiveGuest::hang(Duration silent, bool idle) {
  auto why = fmt::format("hang: no heartbeat for {}, vCPUs {}", human(silent), idle ? "idle" : "busy");
  auto findings = co_await hang_reports(machine_, watch_, patience_, why);
  auto told = trouble(Trouble::Kind::hang, std::move(why));
  told.findings = std::move(findings);
  co_return told;
}

Task<std::optional<Trouble>> LiveGuest::judge_silence() {
  const auto silent = Clock::now() - heard_;
  if (silent < patience_.silence) {
    co_return std::nullopt;
  }
  const auto before = co_await machine_.vcpu_time();
  co_await pause_for(look_interval);
  const auto after = co_await machine_.vcpu_time();
  if (!before || !after) {
    co_return trouble(Trouble::Kind::gone, fmt::format("no heartbeat for {}, and {}", human(silent),
                                                       (before ? after : before).error().text()));
  }
  const bool idle = *after - *before < idle_time;
  if (!idle && silent < patience_.busy) {
    co_return std::nullopt;
  }
  co_return co_await hang(silent, idle);
}

Task<std::optional<Trouble>> LiveGuest::overdue() {
  const auto silent = Clock::now() - heard_;
  if (silent < patience_.silence) {
    co_return std::nullopt;
  }
  co_return co_await hang(silent, false);
}

Task<std::optional<Trouble>> LiveGuest::trouble_of(const link::Incoming& incoming) {
  if (watch_.reported()) {
    co_return co_await reported();
  }
  if (const auto* why = std::get_if<link::Broken>(&incoming)) {
    co_return trouble(Trouble::Kind::broken, why->why);
  }
  if (watch_.ended() || std::holds_alternative<link::Closed>(incoming)) {
    co_return co_await channel_closed();
  }
  if (std::holds_alternative<link::Silence>(incoming)) {
    co_return co_await judge_silence();
  }
  co_return std::nullopt;
}

Task<std::variant<std::monostate, link::Message, Trouble>> LiveGuest::next() {
  auto incoming = co_await session_.receive(look_interval);
  if (interrupt_.requested()) {
    co_return trouble(Trouble::Kind::stopped, "interrupted");
  }
  if (auto* message = std::get_if<link::Message>(&incoming)) {
    heard_ = Clock::now();
    co_return std::move(*message);
  }
  if (auto told = co_await trouble_of(incoming)) {
    co_return std::move(*told);
  }
  co_return std::monostate();
}

Task<std::variant<link::Hello, Trouble>> LiveGuest::hello() {
  const auto until = Clock::now() + patience_.boot;
  while (Clock::now() < until) {
    heard_ = Clock::now();  // a boot has its own deadline
    auto news = co_await next();
    if (auto* message = std::get_if<link::Message>(&news)) {
      co_return std::move(std::get<link::Hello>(*message));  // the session lets nothing else through first
    }
    if (auto* told = std::get_if<Trouble>(&news)) {
      co_return std::move(*told);
    }
  }
  co_return trouble(Trouble::Kind::broken,
                    fmt::format("no hello from the agent within {}", human(patience_.boot)));
}

}  // namespace assay::guest
