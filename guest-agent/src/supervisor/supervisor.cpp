// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/supervisor.hpp"

#include "base/alloc_guard.hpp"
#include "base/clock.hpp"
#include "base/console.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace assay::agent {
namespace {

/// An order must fit into an empty pipe, header included.
constexpr std::size_t longest_order = std::size_t{60} << 10U;
constexpr std::size_t longest_report = std::size_t{128} << 10U;
constexpr std::size_t chunk_size = std::size_t{64} << 10U;
/// Writes or reads in a row before the other descriptors get their turn.
constexpr int burst = 32;
constexpr std::uint64_t farewell_ns = 2 * ns_per_s;
/// A worker ends its program by itself at the time-out, so that no output is lost.
constexpr std::uint64_t program_grace_ns = 10 * ns_per_s;

enum Watched : std::uint64_t { on_channel, on_reports, on_children, on_heartbeat, on_sample, on_deadline };

UniqueFd make_timer() { return UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)); }

void arm(const UniqueFd& timer, std::uint64_t first_ns, std::uint64_t interval_ns) {
  const itimerspec when{.it_interval = to_timespec(interval_ns), .it_value = to_timespec(first_ns)};
  ::timerfd_settime(timer.get(), 0, &when, nullptr);
}

std::uint64_t expirations(const UniqueFd& timer) {
  std::uint64_t count = 0;
  return ::read(timer.get(), &count, sizeof count) == sizeof count ? count : 0;
}

UniqueFd watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

const wire::Frame* verified(std::span<const std::byte> payload) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(bytes, payload.size());
  return wire::VerifyFrameBuffer(verifier) ? wire::GetFrame(bytes) : nullptr;
}

}  // namespace

Supervisor::Supervisor(UniqueFd channel, Channel kind, MachineFacts machine)
    : channel_(std::move(channel)),
      kind_(kind),
      machine_(std::move(machine)),
      sampler_(open_proc_files()),
      orders_(longest_order),
      reports_(longest_report),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      children_(watch_children()),
      heartbeat_(make_timer()),
      sample_timer_(make_timer()),
      deadline_(make_timer()),
      chunk_(chunk_size) {
  ::signal(SIGPIPE, SIG_IGN);
  orders_.reserve(chunk_size);
  reports_.reserve(chunk_size);
  result_.reserve(longest_report);
  // Edge-triggered: a port without a host would otherwise report HUP for ever.
  watch(channel_.get(), EPOLLIN | EPOLLOUT | EPOLLET, on_channel);
  watch(children_.get(), EPOLLIN, on_children);
  watch(heartbeat_.get(), EPOLLIN, on_heartbeat);
  watch(sample_timer_.get(), EPOLLIN, on_sample);
  watch(deadline_.get(), EPOLLIN, on_deadline);
  arm(heartbeat_, ns_per_s, ns_per_s);
}

void Supervisor::watch(int fd, unsigned events, std::uint64_t id) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    say_error("cannot watch a descriptor", errno);
  }
}

void Supervisor::run() {
  forbid_allocation();
  std::array<epoll_event, 8> events{};
  while (!leave_) {
    const bool more = connected_ && (readable_ || (writable_ && !outbox_.empty()));
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), more ? 0 : -1);
    for (int i = 0; i < count; ++i) {
      const auto& event = events.at(static_cast<std::size_t>(i));
      handle_event(event.data.u64, event.events);
    }
    read_orders();
    pump_reports();
    finish_order();
    flush_outbox();
  }
  worker_.kill_all();
  drain();
}

void Supervisor::handle_event(std::uint64_t id, unsigned events) {
  switch (static_cast<Watched>(id)) {
    case on_channel:
      if ((events & EPOLLHUP) != 0 && kind_ == Channel::port) {
        end_session();
        return;
      }
      if (!connected_) {
        begin_session();
      }
      readable_ = true;  // an end of the stream is found by reading
      writable_ = true;
      break;
    case on_children:
      reap();
      break;
    case on_heartbeat:
      if (expirations(heartbeat_) > 0) {
        beat();
      }
      break;
    case on_sample:
      if (const std::uint64_t ticks = expirations(sample_timer_); ticks > 0) {
        sampler_.tick(ticks - 1, encoder_, outbox_);
      }
      break;
    case on_deadline:
      if (expirations(deadline_) > 0 && busy_ && !reaped_) {
        cause_ = Cause::time_out;
        worker_.kill_all();
      }
      break;
    case on_reports:
      break;  // read after each round of events
  }
}

// ---- the channel -----------------------------------------------------------------------------------

void Supervisor::begin_session() {
  connected_ = true;
  fault_reported_ = false;
  orders_.reset();
  outbox_.reset();
  outbox_.push(encoder_.hello(machine_), Urgency::answer);
}

void Supervisor::end_session() {
  // What the old host wrote, perhaps half a frame, is not the begin of what the next one writes.
  while (kind_ == Channel::port && ::read(channel_.get(), chunk_.data(), chunk_.size()) > 0) {
  }
  connected_ = false;
  readable_ = false;
  writable_ = false;
  leave_ = leave_ || kind_ == Channel::socket;
}

void Supervisor::flush_outbox() {
  for (int i = 0; i < burst && connected_ && writable_ && !outbox_.empty(); ++i) {
    const auto bytes = outbox_.front();
    const ssize_t written = ::write(channel_.get(), bytes.data(), bytes.size());
    if (written > 0) {
      outbox_.pop(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == ENOMEM) {
      writable_ = false;  // the next edge, or the next heartbeat, tries again
    } else if (errno != EINTR) {
      end_session();
    }
  }
}

void Supervisor::read_orders() {
  for (int i = 0; i < burst && connected_ && readable_ && !leave_; ++i) {
    const ssize_t count = ::read(channel_.get(), chunk_.data(), chunk_.size());
    if (count < 0) {
      readable_ = errno == EINTR;
      continue;
    }
    if (count == 0) {
      end_session();
      return;
    }
    orders_.feed(std::span(chunk_).first(static_cast<std::size_t>(count)));
    wire::FrameView frame;
    while (!leave_ && orders_.next(frame)) {
      handle_order(frame.payload);
    }
    if (orders_.fault() != wire::Fault::none && !fault_reported_) {
      fault_reported_ = true;  // the decoder drops all that follows, until the host connects anew
      log(wire::LogLevel::error, wire::text_of(orders_.fault()));
    }
  }
}

void Supervisor::handle_order(std::span<const std::byte> payload) {
  const wire::Frame* frame = verified(payload);
  if (frame == nullptr) {
    log(wire::LogLevel::error, "ignored a frame from the host that is not a valid message");
    return;
  }
  switch (frame->message_type()) {
    case wire::Message::Start:
      start(*frame->message_as_Start(), payload);
      break;
    case wire::Message::StoreFiles:
      spawn({.id = frame->message_as_StoreFiles()->order()}, payload);
      break;
    case wire::Message::FetchFiles:
      spawn({.id = frame->message_as_FetchFiles()->order()}, payload);
      break;
    case wire::Message::RunProgram: {
      const auto& run = *frame->message_as_RunProgram();
      const std::uint64_t limit = run.timeout_ns();
      spawn({.id = run.order(), .timeout_ns = limit == 0 ? 0 : limit + program_grace_ns}, payload);
      break;
    }
    case wire::Message::Input:
      pass_on(frame->message_as_Input()->order(), payload);
      break;
    case wire::Message::Files:
      pass_on(frame->message_as_Files()->order(), payload);
      break;
    case wire::Message::Resize:
      pass_on(frame->message_as_Resize()->order(), payload);
      break;
    case wire::Message::Unread:
      pass_on(frame->message_as_Unread()->order(), payload);
      break;
    case wire::Message::Stop:
      stop(frame->message_as_Stop()->order());
      break;
    case wire::Message::PowerOff:
      leave_ = true;
      break;
    case wire::Message::Ping:
      outbox_.push(encoder_.pong(frame->message_as_Ping()->nonce()), Urgency::answer);
      break;
    default:
      log(wire::LogLevel::warning, "ignored a message from the host that only a guest sends");
  }
}

void Supervisor::beat() {
  writable_ = writable_ || connected_;
  if (connected_) {
    const Pulse pulse{
        .dropped_frames = outbox_.dropped(), .dropped_samples = sampler_.dropped(), .worker = worker_.pid()};
    outbox_.push(encoder_.heartbeat(pulse), Urgency::report);
  }
}

void Supervisor::log(wire::LogLevel level, std::string_view text) {
  outbox_.push(encoder_.log(level, text), Urgency::report);
}

void Supervisor::drain() {
  const std::uint64_t end = monotonic_ns() + farewell_ns;
  while (connected_ && !outbox_.empty() && monotonic_ns() < end) {
    writable_ = true;
    flush_outbox();
    if (!writable_) {
      pollfd wait{.fd = channel_.get(), .events = POLLOUT, .revents = 0};
      ::poll(&wait, 1, 100);
    }
  }
}

// ---- orders ----------------------------------------------------------------------------------------

void Supervisor::refuse(std::uint64_t order, std::string_view reason) {
  outbox_.push(encoder_.result({.order = order, .fate = wire::Fate::refused, .code = 0, .reason = reason}),
               Urgency::answer);
}

void Supervisor::start(const wire::Start& order, std::span<const std::byte> payload) {
  unsigned sources = 0;
  if (order.sample_interval_ns() != 0 && order.sample_interval_ns() < Sampler::shortest_interval_ns) {
    refuse(order.order(), "sample_interval is below 10 ms");
    return;
  }
  if (order.sources() != nullptr && order.sample_interval_ns() != 0) {
    for (const auto* source : *order.sources()) {
      const unsigned bit = source_bit({source->c_str(), source->size()});
      if (bit == 0) {
        refuse(order.order(), "unknown sample source; there are vmstat, meminfo, buddyinfo and psi");
        return;
      }
      sources |= bit;
    }
  }
  spawn({.id = order.order(),
         .timeout_ns = order.timeout_ns(),
         .sample_interval_ns = order.sample_interval_ns(),
         .sources = sources},
        payload);
}

/// As a frame in chunk_, which is free while orders are handled: the decoder holds its own copy of the
/// payload.
std::span<const std::byte> Supervisor::framed(std::span<const std::byte> payload) {
  const auto header = wire::encode_header(static_cast<std::uint32_t>(payload.size()), 0);
  std::ranges::copy(header, chunk_.begin());
  std::ranges::copy(payload, chunk_.begin() + wire::header_size);
  return std::span(chunk_).first(wire::header_size + payload.size());
}

void Supervisor::spawn(const Order& order, std::span<const std::byte> payload) {
  if (busy_) {
    refuse(order.id, "another order is still running");
    return;
  }
  order_ = order.id;
  busy_ = true;
  reaped_ = false;
  cause_ = Cause::none;
  result_.clear();
  reports_.reset();
  repeats_ = 0;
  oom_kills_ = sampler_.read_now("vmstat.oom_kill", 0);
  if (order.sources != 0) {
    sampler_.start(order_, order.sources, order.sample_interval_ns, encoder_, outbox_);
    arm(sample_timer_, order.sample_interval_ns, order.sample_interval_ns);
  }
  if (const int error = worker_.start(framed(payload)); error != 0) {
    say_error("cannot start a worker", error);
    reaped_ = true;
    status_ = 127 << 8;
    return;
  }
  watch(worker_.reports(), EPOLLIN | EPOLLET, on_reports);
  if (order.timeout_ns != 0) {
    arm(deadline_, order.timeout_ns, 0);
  }
}

/// More for the running worker. What comes for one that has just ended is of no use to anybody.
void Supervisor::pass_on(std::uint64_t order, std::span<const std::byte> payload) {
  if (busy_ && !reaped_ && order == order_ && !worker_.feed(framed(payload))) {
    log(wire::LogLevel::error, "the host sent more input than its window allows");
    stop(order);
  }
}

void Supervisor::stop(std::uint64_t order) {
  if (!busy_ || order != order_) {
    log(wire::LogLevel::warning, "ignored a stop for an order that is not running");
    return;
  }
  if (cause_ == Cause::none && !reaped_) {
    cause_ = Cause::stop;
    worker_.kill_all();
  }
}

// ---- the worker ------------------------------------------------------------------------------------

void Supervisor::pump_reports() {
  // Reports are not dropped: while the host reads slowly they stay in the pipe, and the worker waits.
  while (busy_ && worker_.reports() >= 0 && take_reports()) {
    const ssize_t count = ::read(worker_.reports(), chunk_.data(), chunk_.size());
    if (count <= 0) {
      return;
    }
    reports_.feed(std::span(chunk_).first(static_cast<std::size_t>(count)));
  }
}

/// Sends on what the decoder holds. False: the rest must wait for room.
bool Supervisor::take_reports() {
  for (;;) {
    if (!outbox_.has_room(longest_report, Urgency::report)) {
      flush_outbox();
      if (!outbox_.has_room(longest_report, Urgency::report)) {
        return false;
      }
    }
    if (repeats_ > 0) {
      --repeats_;
    } else if (reports_.next(report_)) {
      repeats_ = report_.sequence;
    } else {
      return true;
    }
    handle_report(report_.payload);
  }
}

bool Supervisor::reports_wait() const {
  return repeats_ > 0 || !outbox_.has_room(longest_report, Urgency::report);
}

void Supervisor::handle_report(std::span<const std::byte> payload) {
  const wire::Frame* frame = verified(payload);
  const auto type = frame == nullptr ? wire::Message::NONE : frame->message_type();
  switch (type) {
    case wire::Message::Result:
      result_.assign(payload.begin(), payload.end());
      break;
    case wire::Message::Event:
    case wire::Message::Log:
    case wire::Message::Metrics:
    case wire::Message::Samples:
    case wire::Message::Output:
    case wire::Message::Taken:
    case wire::Message::Ended:
    case wire::Message::FilesDone:
    case wire::Message::Files:
      outbox_.push(payload, Urgency::report);
      break;
    default:
      log(wire::LogLevel::error, "ignored a report of the worker that is not a valid message");
  }
}

void Supervisor::reap() {
  signalfd_siginfo info{};
  while (::read(children_.get(), &info, sizeof info) > 0) {
  }
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == worker_.pid()) {
      status_ = status;
      reaped_ = true;
      worker_.note_end();
    }
  }
}

void Supervisor::finish_order() {
  if (!busy_ || !reaped_) {
    return;
  }
  if (sampler_.running()) {
    arm(sample_timer_, 0, 0);
    sampler_.stop(encoder_, outbox_);
  }
  pump_reports();
  if (worker_.reports() >= 0 && reports_wait()) {
    return;  // the host reads slowly
  }
  arm(deadline_, 0, 0);
  worker_.forget();
  if (result_.empty()) {
    EndReport end{.order = order_};
    describe_end(end);
    outbox_.push(encoder_.result(end), Urgency::answer);
  } else {
    outbox_.push(result_, Urgency::answer);
  }
  busy_ = false;
}

void Supervisor::describe_end(EndReport& end) {
  if (WIFEXITED(status_)) {
    end.fate = wire::Fate::exited;
    end.code = WEXITSTATUS(status_);
    end.reason = end.code == 127 ? "the worker could not be started" : "the worker ended without a result";
    return;
  }
  end.code = WTERMSIG(status_);
  if (cause_ == Cause::time_out) {
    end.fate = wire::Fate::timed_out;
    end.reason = "the worker ran longer than the order allows";
  } else if (cause_ == Cause::stop) {
    end.fate = wire::Fate::stopped;
    end.reason = "the host asked the worker to stop";
  } else if (end.code == SIGKILL && sampler_.read_now("vmstat.oom_kill", 0) > oom_kills_) {
    end.fate = wire::Fate::oom_killed;
    end.reason = "the kernel's OOM killer ended the worker";
  } else {
    end.fate = wire::Fate::signalled;
    const char* name = ::sigdescr_np(end.code);
    end.reason = name != nullptr ? name : "a signal ended the worker";
  }
}

}  // namespace assay::agent
