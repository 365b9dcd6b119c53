// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/live_guest.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "finding/tasks.hpp"
#include "guest/hang.hpp"

#include <algorithm>
#include <iterator>
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
/// As the agent calls the process that runs the workload, and all of its threads.
constexpr std::string_view worker_name = "assay-worker";

bool is_panic(const finding::Report& report) {
  return report.text.find("Kernel panic - not syncing") != std::string::npos;
}

std::string not_confirmed(std::string_view why, std::string_view text) {
  return fmt::format("(not confirmed that the kernel wrote this: {})\n{}", why, text);
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

Trouble LiveGuest::told_by(std::vector<finding::Report> reports, bool lives) const {
  const auto panic =
      lives || patience_.survives_reports ? reports.end() : std::ranges::find_if(reports, is_panic);
  const bool dead = panic != reports.end();
  auto told = trouble(dead ? Trouble::Kind::panic : Trouble::Kind::complaint,
                      dead ? panic->title : reports.front().title);
  told.findings = std::move(reports);
  return told;
}

/// Takes what the console has, and asks the agent about all of it that has no answer yet.
Task<> LiveGuest::ask() {
  auto reports = co_await watch_.collect(patience_.after_nmi);
  if (doubt_) {
    std::move(reports.begin(), reports.end(), std::back_inserter(doubt_->reports));
    reports = std::move(doubt_->reports);
  }
  if (reports.empty()) {
    co_return;
  }
  link::KernelLogQuery query;
  query.nonce = ++asked_;
  for (const auto& report : reports) {
    query.texts.push_back(report.line);
  }
  doubt_ = Doubt{std::move(reports), query.nonce, Clock::now() + patience_.answer};
  // A channel that takes nothing any more is seen by those who read from it.
  (void)co_await session_.send(std::move(query));
}

std::optional<Trouble> LiveGuest::resolve(const link::KernelLogAnswer& answer) {
  if (!doubt_ || answer.nonce != doubt_->nonce) {
    return std::nullopt;
  }
  auto reports = std::move(doubt_->reports);
  doubt_.reset();
  std::vector<finding::Report> genuine;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    const bool answered = i < answer.by_kernel.size();  // an agent looks for so many at once
    const bool by_kernel = answered && answer.by_kernel[i];
    if (answered && !by_kernel && answer.whole) {
      log_event("a program, not the kernel, wrote to the console: {}", printable(reports[i].title));
      rumours_.push_back(std::move(reports[i].title));
      continue;
    }
    if (!by_kernel) {
      reports[i].text = not_confirmed(answered ? "the kernel's log was overwritten" : "too many to look for",
                                      reports[i].text);
    }
    genuine.push_back(std::move(reports[i]));
  }
  return genuine.empty() ? std::nullopt : std::optional(told_by(std::move(genuine), true));
}

/// Nobody in the guest can be asked any more.
std::optional<Trouble> LiveGuest::believe() {
  if (!doubt_) {
    return std::nullopt;
  }
  auto reports = std::move(doubt_->reports);
  doubt_.reset();
  if (std::ranges::none_of(reports, is_panic)) {
    reports.front().text = not_confirmed("the agent gave no answer", reports.front().text);
  }
  return told_by(std::move(reports), false);
}

Task<std::optional<Trouble>> LiveGuest::reported() {
  while (true) {
    if (watch_.reported()) {
      co_await ask();
    }
    if (!doubt_) {
      co_return std::nullopt;
    }
    const auto left = doubt_->until - Clock::now();
    const auto incoming = co_await session_.receive(std::max(left, Duration(0)));
    if (const auto* message = std::get_if<link::Message>(&incoming)) {
      heard_ = Clock::now();
      if (const auto* answer = std::get_if<link::KernelLogAnswer>(message)) {
        if (auto told = resolve(*answer)) {
          co_return std::move(*told);
        }
      }
    } else if (!std::holds_alternative<link::Woken>(incoming) || interrupt_.requested()) {
      co_return believe();
    }
  }
}

Task<Trouble> LiveGuest::channel_closed() {
  co_await watch_.wait_for_news(end_patience);
  if (auto reports = co_await watch_.collect(patience_.after_nmi); !reports.empty()) {
    if (doubt_) {
      reports.insert(reports.begin(), std::make_move_iterator(doubt_->reports.begin()),
                     std::make_move_iterator(doubt_->reports.end()));
    }
    doubt_.reset();
    co_return told_by(std::move(reports), false);
  }
  if (auto told = believe()) {
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
  if (auto told = believe()) {
    co_return std::move(*told);
  }
  const auto silent = Clock::now() - heard_;
  if (silent < patience_.silence) {
    co_return std::nullopt;
  }
  co_return co_await hang(silent, false);
}

Task<Trouble> LiveGuest::stuck(std::string_view who) {
  auto told = trouble(Trouble::Kind::hang, "");
  told.findings.emplace_back();
  co_await show_tasks(told);
  std::vector<std::string> lines;
  for (const auto line : split(told.findings.front().text, '\n')) {
    lines.emplace_back(line);
  }
  auto report =
      finding::report_of(fmt::format("INFO: task of {} blocked for more than 30 seconds after SIGKILL", who),
                         finding::tasks_called(worker_name, lines));
  report.text += "All tasks:\n" + told.findings.front().text;
  told.why = report.title;
  told.findings.front() = std::move(report);
  co_return told;
}

Task<> LiveGuest::show_tasks(Trouble& trouble) {
  constexpr std::size_t most_lines = 600;
  const auto lines = watch_.lines_seen();
  link::ShowTasks order{++asked_};
  const auto until = Clock::now() + patience_.tasks;
  auto sent = co_await session_.send(order);
  for (bool shown = !sent; !shown && Clock::now() < until;) {
    const auto incoming = co_await session_.receive(look_interval);
    const auto* message = std::get_if<link::Message>(&incoming);
    const auto* pong = message != nullptr ? std::get_if<link::Pong>(message) : nullptr;
    shown = (pong != nullptr && pong->nonce == order.nonce) || interrupt_.requested() ||
            std::holds_alternative<link::Closed>(incoming) || std::holds_alternative<link::Broken>(incoming);
  }
  // What looks like a report in there is none: the guest is done with.
  (void)co_await watch_.collect(patience_.after_nmi);
  const auto shown_lines = std::min<std::size_t>(watch_.lines_seen() - lines, most_lines);
  trouble.findings.front().text += watch_.last_lines(shown_lines);
}

Task<std::optional<Trouble>> LiveGuest::trouble_of(const link::Incoming& incoming) {
  if (watch_.reported()) {
    if (!has_agent_) {  // nothing but the kernel has run yet
      auto reports = co_await watch_.collect(patience_.after_nmi);
      co_return reports.empty() ? std::nullopt : std::optional(told_by(std::move(reports), false));
    }
    co_await ask();
  }
  if (const auto* why = std::get_if<link::Broken>(&incoming)) {
    if (auto told = believe()) {  // what the kernel said counts, whatever the channel says then
      co_return std::move(*told);
    }
    co_return trouble(Trouble::Kind::broken, why->why);
  }
  if (watch_.ended() || std::holds_alternative<link::Closed>(incoming)) {
    co_return co_await channel_closed();
  }
  if (doubt_ && Clock::now() >= doubt_->until) {
    co_return believe();
  }
  if (!doubt_ && std::holds_alternative<link::Silence>(incoming)) {
    co_return co_await judge_silence();
  }
  co_return std::nullopt;
}

Task<std::variant<std::monostate, link::Message, Trouble>> LiveGuest::next() {
  if (has_agent_ && early_) {
    auto told = std::move(*early_);
    early_.reset();
    co_return told;
  }
  auto incoming = co_await session_.receive(look_interval);
  if (interrupt_.requested()) {
    co_return trouble(Trouble::Kind::stopped, "interrupted");
  }
  if (auto* message = std::get_if<link::Message>(&incoming)) {
    heard_ = Clock::now();
    if (const auto* answer = std::get_if<link::KernelLogAnswer>(message)) {
      if (auto told = resolve(*answer)) {
        co_return std::move(*told);
      }
      co_return std::monostate();
    }
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
      has_agent_ = true;
      co_return std::move(std::get<link::Hello>(*message));  // the session lets nothing else through first
    }
    auto* told = std::get_if<Trouble>(&news);
    if (told != nullptr && told->kind == Trouble::Kind::complaint && patience_.survives_reports) {
      early_ = std::move(*told);
    } else if (told != nullptr) {
      co_return std::move(*told);
    }
  }
  co_return trouble(Trouble::Kind::broken,
                    fmt::format("no hello from the agent within {}", human(patience_.boot)));
}

}  // namespace assay::guest
