// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/supervisor.hpp"

#include "base/alloc_guard.hpp"
#include "base/clock.hpp"
#include "supervisor/kernel_knobs.hpp"

#include <signal.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace assay::agent {
namespace {

constexpr std::size_t chunk_size = std::size_t{64} << 10U;
/// A worker ends its program by itself at the time-out, so that no output is lost.
constexpr std::uint64_t program_grace_ns = 10 * ns_per_s;

}  // namespace

Supervisor::Supervisor(UniqueFd channel, Channel kind, MachineFacts machine)
    : machine_(std::move(machine)),
      chunk_(chunk_size),
      channel_(std::move(channel), kind, chunk_),
      order_(channel_, watch_, chunk_, owns_kernel_) {
  ::signal(SIGPIPE, SIG_IGN);
  watch_.add(channel_.fd(), EPOLLIN | EPOLLOUT | EPOLLET, Event::channel);
  watch_.add(heartbeat_.fd(), EPOLLIN, Event::heartbeat);
  heartbeat_.arm(ns_per_s, ns_per_s);
}

void Supervisor::run() {
  forbid_allocation();
  while (!leave_ && !channel_.over()) {
    for (const auto& event : watch_.next(!channel_.has_work())) {
      handle_event(static_cast<Event>(event.data.u64), event.events);
    }
    read_orders();
    order_.go_on();
    channel_.flush();
  }
  order_.kill_worker();
  channel_.drain();
}

void Supervisor::handle_event(Event what, unsigned events) {
  switch (what) {
    case Event::channel:
      if (channel_.notice(events)) {
        channel_.send(channel_.encoder().hello(machine_), Urgency::answer);
      }
      break;
    case Event::children:
      order_.reap();
      break;
    case Event::heartbeat:
      if (heartbeat_.expirations() > 0) {
        beat();
      }
      break;
    case Event::sample:
      order_.take_sample();
      break;
    case Event::deadline:
      order_.check_deadline();
      break;
    case Event::reports:
      break;  // read after each round of events
  }
}

void Supervisor::read_orders() {
  for (int i = 0; i < HostChannel::burst && !leave_ && channel_.receive(); ++i) {
    wire::FrameView frame;
    while (!leave_ && channel_.next(frame)) {
      handle_order(frame.payload);
    }
  }
}

void Supervisor::handle_order(std::span<const std::byte> payload) {
  const wire::Frame* frame = verified(payload);
  if (frame == nullptr) {
    channel_.send_log(wire::LogLevel::error, "ignored a frame from the host that is not a valid message");
    return;
  }
  switch (frame->message_type()) {
    case wire::Message::Start:
      order_.start(*frame->message_as_Start(), payload);
      break;
    case wire::Message::StoreFiles:
      order_.start({.id = frame->message_as_StoreFiles()->order()}, payload);
      break;
    case wire::Message::FetchFiles:
      order_.start({.id = frame->message_as_FetchFiles()->order()}, payload);
      break;
    case wire::Message::RunProgram: {
      const auto& run = *frame->message_as_RunProgram();
      const std::uint64_t limit = run.timeout_ns();
      order_.start({.id = run.order(), .timeout_ns = limit == 0 ? 0 : limit + program_grace_ns}, payload);
      break;
    }
    case wire::Message::Input:
      order_.pass_on(frame->message_as_Input()->order(), payload);
      break;
    case wire::Message::Files:
      order_.pass_on(frame->message_as_Files()->order(), payload);
      break;
    case wire::Message::Resize:
      order_.pass_on(frame->message_as_Resize()->order(), payload);
      break;
    case wire::Message::Unread:
      order_.pass_on(frame->message_as_Unread()->order(), payload);
      break;
    case wire::Message::Stop:
      order_.stop(frame->message_as_Stop()->order());
      break;
    case wire::Message::PowerOff:
      leave_ = true;
      break;
    case wire::Message::Ping:
      channel_.send(channel_.encoder().pong(frame->message_as_Ping()->nonce()), Urgency::answer);
      break;
    case wire::Message::ShowTasks:
      if (owns_kernel_) {
        show_all_tasks();
      }
      channel_.send(channel_.encoder().pong(frame->message_as_ShowTasks()->nonce()), Urgency::answer);
      break;
    case wire::Message::KernelLogQuery:
      answer(*frame->message_as_KernelLogQuery());
      break;
    default:
      channel_.send_log(wire::LogLevel::warning, "ignored a message from the host that only a guest sends");
  }
}

void Supervisor::answer(const wire::KernelLogQuery& query) {
  constexpr std::size_t most_texts = 64;
  std::array<std::uint8_t, most_texts> by_kernel{};
  const auto& texts = *query.texts();
  const auto found = std::span(by_kernel).first(std::min<std::size_t>(texts.size(), most_texts));
  const auto text_of = [&](std::size_t i) { return texts.Get(static_cast<unsigned>(i))->string_view(); };
  const bool whole = records_.search(text_of, found);
  channel_.send(channel_.encoder().kernel_log_answer(query.nonce(), found, whole), Urgency::answer);
}

void Supervisor::beat() {
  channel_.try_again();
  if (channel_.connected()) {
    const Pulse pulse{.dropped_frames = channel_.outbox().dropped(),
                      .dropped_samples = order_.dropped_samples(),
                      .worker = order_.worker()};
    channel_.send(channel_.encoder().heartbeat(pulse), Urgency::report);
  }
}

}  // namespace assay::agent
