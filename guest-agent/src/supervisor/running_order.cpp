// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/running_order.hpp"

#include "base/clock.hpp"
#include "base/console.hpp"
#include "supervisor/kernel_knobs.hpp"
#include "supervisor/settle.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace assay::agent {
namespace {

/// For killed processes to end: to give back gigabytes takes a while where CPUs are emulated.
constexpr std::uint64_t last_grace_ns = 30 * ns_per_s;

UniqueFd watch_children() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return UniqueFd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

RunningOrder::RunningOrder(HostChannel& channel, const EventWatch& watch, std::span<std::byte> chunk,
                           bool owns_kernel)
    : channel_(channel),
      watch_(watch),
      chunk_(chunk),
      owns_kernel_(owns_kernel),
      sampler_(open_proc_files()),
      reports_(channel, chunk),
      children_(watch_children()) {
  watch.add(children_.get(), EPOLLIN, Event::children);
  watch.add(sample_timer_.fd(), EPOLLIN, Event::sample);
  watch.add(deadline_.fd(), EPOLLIN, Event::deadline);
}

// ---- what the host wants ---------------------------------------------------------------------------

void RunningOrder::refuse(std::uint64_t order, std::string_view reason) {
  channel_.send(
      channel_.encoder().result({.order = order, .fate = wire::Fate::refused, .code = 0, .reason = reason}),
      Urgency::answer);
}

void RunningOrder::start(const wire::Start& order, std::span<const std::byte> payload) {
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
  if (owns_kernel_) {
    expect_progress_within(order.timeout_ns());
  }
  start({.id = order.order(),
         .timeout_ns = order.timeout_ns(),
         .sample_interval_ns = order.sample_interval_ns(),
         .sources = sources},
        payload);
}

/// As a frame in chunk_, which is free while orders are handled: the decoder holds its own copy of the
/// payload.
std::span<const std::byte> RunningOrder::framed(std::span<const std::byte> payload) const {
  const auto header = wire::encode_header(static_cast<std::uint32_t>(payload.size()), 0);
  std::ranges::copy(header, chunk_.begin());
  std::ranges::copy(payload, chunk_.begin() + wire::header_size);
  return chunk_.first(wire::header_size + payload.size());
}

void RunningOrder::start(const Order& order, std::span<const std::byte> payload) {
  if (busy_) {
    refuse(order.id, "another order is still running");
    return;
  }
  order_ = order.id;
  busy_ = true;
  reaped_ = false;
  alone_ = false;
  killed_ = false;
  stuck_ = false;
  cause_ = Cause::none;
  reports_.reset();
  oom_kills_ = sampler_.read_now("vmstat.oom_kill", 0);
  if (order.sources != 0) {
    sampler_.start(order_, order.sources, order.sample_interval_ns, channel_.encoder(), channel_.outbox());
    sample_timer_.arm(order.sample_interval_ns, order.sample_interval_ns);
  }
  if (const int error = worker_.start(framed(payload)); error != 0) {
    say_error("cannot start a worker", error);
    reaped_ = true;
    alone_ = true;
    status_ = 127 << 8;
    return;
  }
  watch_.add(worker_.reports(), EPOLLIN | EPOLLET, Event::reports);
  if (order.timeout_ns != 0) {
    deadline_.arm(order.timeout_ns, 0);
  }
}

void RunningOrder::pass_on(std::uint64_t order, std::span<const std::byte> payload) {
  if (busy_ && !reaped_ && order == order_ && !worker_.feed(framed(payload))) {
    channel_.send_log(wire::LogLevel::error, "the host sent more input than its window allows");
    stop(order);
  }
}

void RunningOrder::stop(std::uint64_t order) {
  if (!busy_ || order != order_) {
    channel_.send_log(wire::LogLevel::warning, "ignored a stop for an order that is not running");
    return;
  }
  if (cause_ == Cause::none && !reaped_) {
    cause_ = Cause::stop;
    kill();
  }
}

// ---- while it runs ---------------------------------------------------------------------------------

void RunningOrder::take_sample() {
  if (const std::uint64_t ticks = sample_timer_.expirations(); ticks > 0) {
    sampler_.tick(ticks - 1, channel_.encoder(), channel_.outbox());
  }
}

void RunningOrder::check_deadline() {
  if (deadline_.expirations() == 0 || !busy_ || alone_ || stuck_) {
    return;
  }
  if (!killed_) {
    cause_ = Cause::time_out;
    kill();
    return;
  }
  stuck_ = true;
  const EndReport end{
      .order = order_,
      .fate = wire::Fate::stuck,
      .code = SIGKILL,
      .reason = reaped_ ? "a process that the worker started does not end" : "the worker does not end"};
  channel_.send(channel_.encoder().result(end), Urgency::answer);
}

/// From now on all that belongs to the order has to end.
void RunningOrder::kill() {
  worker_.kill_all();
  killed_ = true;
  deadline_.arm(last_grace_ns, 0);
}

void RunningOrder::go_on() {
  if (!busy_) {
    return;
  }
  reports_.pump(worker_.reports());
  if (reaped_ && alone_) {
    finish();
  }
}

// ---- its end ---------------------------------------------------------------------------------------

void RunningOrder::reap() {
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
      kill();
    }
  }
  alone_ = pid < 0;  // as PID 1 we inherit all that the worker started
}

void RunningOrder::finish() {
  if (sampler_.running()) {
    sample_timer_.disarm();
    sampler_.stop(channel_.encoder(), channel_.outbox());
  }
  reports_.pump(worker_.reports());
  if (worker_.reports() >= 0 && reports_.wait_for_room()) {
    return;  // the host reads slowly
  }
  deadline_.disarm();
  worker_.forget();
  if (owns_kernel_) {
    settle_kernel();
  }
  if (stuck_) {
    channel_.send_log(wire::LogLevel::warning, "what seemed stuck has ended");
  } else if (reports_.result().empty()) {
    EndReport end{.order = order_};
    describe_end(end);
    channel_.send(channel_.encoder().result(end), Urgency::answer);
  } else {
    channel_.send(reports_.result(), Urgency::answer);
  }
  busy_ = false;
}

void RunningOrder::describe_end(EndReport& end) {
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
