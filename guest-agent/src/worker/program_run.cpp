// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_run.hpp"

#include "base/clock.hpp"
#include "wire/worker_fds.hpp"
#include "worker/guest_system.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <limits>
#include <vector>

namespace assay::agent {
namespace {

/// How long a terminal's last output may take to come through after its program has ended.
constexpr std::uint64_t terminal_drain_ns = ns_per_s;

std::int64_t oom_kills() {
  std::ifstream file("/proc/vmstat");
  std::string name;
  for (std::int64_t value = 0; file >> name >> value;) {
    if (name == "oom_kill") {
      return value;
    }
  }
  return 0;
}

class Run {
 public:
  Run(const ProgramSpec& spec, std::uint64_t order, std::uint64_t timeout_ns, OrderPipe& orders,
      Reporter& reporter, ProgramMeasure* measure)
      : terminal_(spec.terminal),
        order_(order),
        orders_(orders),
        reporter_(reporter),
        measure_(measure),
        deadline_(timeout_ns == 0 ? std::numeric_limits<std::uint64_t>::max() : monotonic_ns() + timeout_ns),
        program_(spec) {}

  ProgramEnding run() {
    if (program_.start_error() != 0) {
      return {wire::ProgramEnd::not_started, program_.start_error(), program_.what()};
    }
    rusage usage{};
    while (!program_.reap(status_, usage)) {
      if (monotonic_ns() >= deadline_ && !timed_out_) {
        timed_out_ = true;
        program_.kill_all();
      }
      serve(wait_ms());
    }
    if (measure_ != nullptr) {
      measure_->reaped(usage);
    }
    drain();
    return ending();
  }

 private:
  struct Pending {
    std::vector<std::byte> bytes;
    std::size_t begin = 0;
    bool end = false;
  };

  [[nodiscard]] int wait_ms() {
    const int renewal_ms = precedence_.renew();
    if (timed_out_) {
      return 100;
    }
    const std::uint64_t now = monotonic_ns();
    const std::uint64_t left_ms = now >= deadline_ ? 0 : (deadline_ - now) / ns_per_ms + 1;
    return static_cast<int>(std::min<std::uint64_t>(left_ms, static_cast<std::uint64_t>(renewal_ms)));
  }

  /// One round of everything that can go on.
  void serve(int timeout_ms) {
    take_orders();  // some may have come together with the order itself
    const bool feeding = program_.input() && !inputs_.empty();
    std::array<pollfd, 6> fds{{
        {.fd = program_.end_fd(), .events = POLLIN, .revents = 0},
        {.fd = orders_.open() ? worker_orders_fd : -1, .events = POLLIN, .revents = 0},
        {.fd = program_.output().get(), .events = POLLIN, .revents = 0},
        {.fd = program_.errors().get(), .events = POLLIN, .revents = 0},
        {.fd = feeding ? program_.input().get() : -1, .events = POLLOUT, .revents = 0},
        {.fd = measure_ != nullptr ? measure_->fd() : -1, .events = POLLIN, .revents = 0},
    }};
    if (::poll(fds.data(), fds.size(), timeout_ms) <= 0) {
      return;
    }
    if (fds[5].revents != 0) {
      measure_->hear();
    }
    if (fds[1].revents != 0) {
      orders_.fill();
    }
    if (fds[2].revents != 0) {
      forward(program_.output(), wire::Stream::out);
    }
    if (fds[3].revents != 0) {
      forward(program_.errors(), wire::Stream::err);
    }
    if (fds[4].revents != 0) {
      feed();
    }
  }

  void take_orders() {
    while (const wire::Frame* frame = orders_.next_arrived()) {
      if (const auto* size = frame->message_as_Resize()) {
        program_.resize({size->rows(), size->columns()});
      } else if (const auto* unread = frame->message_as_Unread()) {
        program_.close_end(unread->stream() == wire::Stream::out ? program_.output() : program_.errors());
      } else if (const auto* input = frame->message_as_Input()) {
        Pending& pending = inputs_.emplace_back();
        pending.end = input->end();
        if (const auto* content = input->bytes()) {
          const auto bytes = std::as_bytes(std::span(content->data(), content->size()));
          pending.bytes.assign(bytes.begin(), bytes.end());
        }
      }
    }
    feed();
  }

  /// Hands on as much input as the program takes now. One that closed its stdin wants no more.
  void feed() {
    while (!inputs_.empty()) {
      Pending& pending = inputs_.front();
      while (program_.input() && pending.begin < pending.bytes.size()) {
        const ssize_t written = ::write(program_.input().get(), pending.bytes.data() + pending.begin,
                                        pending.bytes.size() - pending.begin);
        if (written >= 0) {
          pending.begin += static_cast<std::size_t>(written);
        } else if (errno == EAGAIN) {
          return;
        } else if (errno != EINTR) {
          program_.input().reset();
        }
      }
      if (pending.end && terminal_ && program_.input()) {
        constexpr char end_of_file = 4;
        [[maybe_unused]] const auto written = ::write(program_.input().get(), &end_of_file, 1);
      }
      if (pending.end) {
        program_.input().reset();
      }
      inputs_.pop_front();
      flatbuffers::FlatBufferBuilder builder;
      send_message(reporter_, builder, wire::CreateTaken(builder, order_, 1));
    }
  }

  /// Sends on what `fd` has now, at most one message of it: 0 when nothing is there; closes it at its end.
  std::size_t forward(UniqueFd& fd, wire::Stream stream) {
    set_passing(true);
    const ssize_t count = ::read(fd.get(), chunk_.data(), chunk_.size());
    if (count > 0) {
      send_output(reporter_, order_, stream, std::span(chunk_).first(static_cast<std::size_t>(count)));
    }
    const int error = errno;
    set_passing(false);
    precedence_.note_output();
    if (count > 0) {
      return static_cast<std::size_t>(count);
    }
    if (count == 0 || (error != EAGAIN && error != EINTR)) {
      fd.reset();  // a terminal says EIO when nobody has it open any more
    }
    return 0;
  }

  void set_passing(bool passing) const {
    if (auto* gate = program_.gate()) {
      gate->set_passing(passing);
    }
  }

  /// What the program wrote before it ended. What others that it left behind still write is not waited for.
  void drain() {
    const std::uint64_t end = monotonic_ns() + terminal_drain_ns;
    while (terminal_ && program_.output() && monotonic_ns() < end) {
      pollfd fd{.fd = program_.output().get(), .events = POLLIN, .revents = 0};
      if (::poll(&fd, 1, 100) == 0) {
        break;
      }
      forward(program_.output(), wire::Stream::out);
    }
    drain_pipe(program_.output(), wire::Stream::out);
    drain_pipe(program_.errors(), wire::Stream::err);
  }

  /// At most what a pipe holds: a descendant may go on writing.
  void drain_pipe(UniqueFd& fd, wire::Stream stream) {
    std::size_t left = std::size_t{1} << 20U;
    while (fd && left > 0) {
      const std::size_t count = forward(fd, stream);
      if (count == 0) {
        return;
      }
      left -= std::min(left, count);
    }
  }

  [[nodiscard]] ProgramEnding ending() const {
    if (timed_out_) {
      return {wire::ProgramEnd::timed_out, SIGKILL, "it ran longer than the order allows"};
    }
    if (WIFEXITED(status_)) {
      return {wire::ProgramEnd::exited, WEXITSTATUS(status_), ""};
    }
    const int signal = WTERMSIG(status_);
    const char* name = ::sigdescr_np(signal);
    const bool oom = signal == SIGKILL && oom_kills() > oom_kills_;
    return {wire::ProgramEnd::signalled, signal,
            oom               ? "the kernel's OOM killer ended it"
            : name != nullptr ? name
                              : "unknown signal"};
  }

  bool terminal_;
  std::uint64_t order_;
  OrderPipe& orders_;
  Reporter& reporter_;
  ProgramMeasure* measure_;
  std::uint64_t deadline_;
  std::int64_t oom_kills_ = oom_kills();
  Precedence precedence_;
  ProgramProcess program_;
  std::deque<Pending> inputs_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(wire::most_bytes);
  bool timed_out_ = false;
  int status_ = 0;
};

}  // namespace

ProgramEnding run_to_end(const ProgramSpec& spec, std::uint64_t order, std::uint64_t timeout_ns,
                         OrderPipe& orders, Reporter& reporter, ProgramMeasure* measure) {
  if (measure != nullptr) {
    measure->start();
  }
  Run run(spec, order, timeout_ns, orders, reporter, measure);
  return run.run();
}

}  // namespace assay::agent
