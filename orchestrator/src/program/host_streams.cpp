// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/host_streams.hpp"

#include "base/files.hpp"

#include "frame.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace assay::program {
namespace {

using Descriptor = asio::posix::stream_descriptor;

constexpr char leave_key = 0x1d;  // Ctrl-]
/// Input that waits for the guest; more is not read from stdin.
constexpr std::size_t most_waiting = 4 * wire::most_bytes;

/// The terminal's settings as they were found. Global, because a process that ends at once has nothing else.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): see above
termios found_settings{};
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): see above
std::atomic<bool> terminal_is_raw{false};

bool make_raw() {
  if (::tcgetattr(STDIN_FILENO, &found_settings) != 0) {
    return false;
  }
  termios raw = found_settings;
  ::cfmakeraw(&raw);
  terminal_is_raw = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  return terminal_is_raw;
}

/// A second, non-blocking way to a terminal or pipe: O_NONBLOCK on the first would be seen by all who share
/// it, the user's shell among them. Nothing for files, which never block, and for what cannot be opened
/// twice.
std::optional<Descriptor> open_again(const asio::any_io_executor& executor, int fd, int mode) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) {
    return std::nullopt;
  }
  const auto path = fmt::format("/proc/self/fd/{}", fd);
  UniqueFd again(::open(path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!again) {
    return std::nullopt;
  }
  Descriptor descriptor(executor);
  boost::system::error_code error;
  descriptor.assign(again.get(), error);
  if (error) {
    return std::nullopt;
  }
  static_cast<void>(again.release());
  return descriptor;
}

/// Tells when there is something to read from what cannot be opened twice: a socket, a terminal of another
/// user's. Nothing for files, for which nobody waits.
std::optional<Descriptor> watch_again(const asio::any_io_executor& executor, int fd) {
  UniqueFd again(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  Descriptor descriptor(executor);
  boost::system::error_code error;
  if (again) {
    descriptor.assign(again.get(), error);
  }
  if (!again || error) {
    return std::nullopt;
  }
  static_cast<void>(again.release());
  return descriptor;
}

/// One of stdout and stderr.
class Sink {
 public:
  Sink(const asio::any_io_executor& executor, int fd, const char* name)
      : fd_(fd), name_(name), stream_(open_again(executor, fd, O_WRONLY)) {}

  Task<Status> write(std::string_view bytes) {
    if (stream_) {
      const auto [error, length] =
          co_await asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()), noexcept_awaitable);
      co_return error ? cannot(error.message(), error == asio::error::broken_pipe) : Status();
    }
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EAGAIN) {
        co_await pause_for(std::chrono::milliseconds(5));
      } else if (count < 0 && errno != EINTR) {
        co_return cannot(errno_text(errno), errno == EPIPE);
      }
      bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    co_return Status();
  }

 private:
  [[nodiscard]] Status cannot(const std::string& why, bool nobody_reads) const {
    return fail(nobody_reads ? Failure::interrupted : Failure::infrastructure, "cannot write to {}: {}",
                name_, why);
  }

  int fd_;
  const char* name_;
  std::optional<Descriptor> stream_;
};

class ProcessStreams final : public Streams {
 public:
  ProcessStreams(const asio::any_io_executor& executor, HostStreamsOptions options)
      : executor_(executor),
        options_(std::move(options)),
        out_(executor, STDOUT_FILENO, "stdout"),
        err_(executor, STDERR_FILENO, "stderr"),
        stdin_(open_again(executor, STDIN_FILENO, O_RDONLY)),
        window_changes_(executor),
        room_(executor) {
    if (!stdin_) {
      watched_ = watch_again(executor, STDIN_FILENO);
    }
    ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of write()
  }
  ProcessStreams(const ProcessStreams&) = delete;
  ProcessStreams& operator=(const ProcessStreams&) = delete;
  ProcessStreams(ProcessStreams&&) = delete;
  ProcessStreams& operator=(ProcessStreams&&) = delete;
  ~ProcessStreams() override {
    *alive_ = false;
    restore_terminal();
  }

  Status begin() override {
    if (options_.screen) {
      if (!make_raw()) {
        return fail(Failure::usage, "cannot open a shell: stdin is not a terminal");
      }
      window_changes_.add(SIGWINCH);
      asio::co_spawn(executor_, watch_size(alive_), asio::detached);
    }
    if (options_.input) {
      asio::co_spawn(executor_, read_input(alive_), asio::detached);
    }
    return {};
  }

  Task<Status> write(link::Stream stream, std::string_view bytes) override {
    if (stream == link::Stream::out && options_.on_output) {
      options_.on_output(bytes);
    }
    if (stream == link::Stream::out && options_.quiet) {
      co_return Status();
    }
    co_return co_await (stream == link::Stream::out ? out_ : err_).write(bytes);
  }

  void on_news(std::function<void()> wake) override { wake_ = std::move(wake); }

  std::optional<Input> input() override {
    if (waiting_.empty() && (!ended_ || end_told_)) {
      return std::nullopt;
    }
    Input next;
    next.bytes = waiting_.substr(0, wire::most_bytes);
    waiting_.erase(0, next.bytes.size());
    next.end = waiting_.empty() && ended_;
    end_told_ = next.end;
    room_.cancel();
    return next;
  }

  std::optional<link::TerminalSize> resized() override { return std::exchange(new_size_, std::nullopt); }
  [[nodiscard]] bool left() const override { return left_; }

 private:
  void tell() {
    if (wake_) {
      wake_();
    }
  }

  /// These two end when their descriptor is closed with the object, and then touch it no more.
  Task<> watch_size(std::shared_ptr<const bool> alive) {
    while (true) {
      const auto [error, signal] = co_await window_changes_.async_wait(noexcept_awaitable);
      if (error || !*alive) {
        co_return;
      }
      new_size_ = terminal_size();
      tell();
    }
  }

  Task<> read_input(std::shared_ptr<const bool> alive) {
    std::string chunk(wire::most_bytes, '\0');
    while (true) {
      auto count = co_await read_some(chunk);
      if (!*alive) {
        co_return;
      }
      take(std::string_view(chunk).substr(0, count));
      if (ended_ || left_) {
        co_return;
      }
      while (waiting_.size() >= most_waiting) {
        room_.expires_at(Clock::time_point::max());
        co_await room_.async_wait(noexcept_awaitable);
        if (!*alive) {
          co_return;
        }
      }
    }
  }

  /// 0 at the end of stdin.
  Task<std::size_t> read_some(std::string& chunk) {
    if (stdin_) {
      const auto [error, count] =
          co_await stdin_->async_read_some(asio::buffer(chunk.data(), chunk.size()), noexcept_awaitable);
      co_return error ? 0 : count;
    }
    if (watched_) {
      const auto [error] = co_await watched_->async_wait(Descriptor::wait_read, noexcept_awaitable);
      if (error) {
        co_return 0;
      }
    }
    const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    co_return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  }

  void take(std::string_view bytes) {
    const std::size_t leave = options_.screen ? bytes.find(leave_key) : std::string_view::npos;
    left_ = leave != std::string_view::npos || (options_.screen && bytes.empty());
    ended_ = bytes.empty();
    waiting_ += bytes.substr(0, leave);
    tell();
  }

  asio::any_io_executor executor_;
  HostStreamsOptions options_;
  Sink out_;
  Sink err_;
  std::optional<Descriptor> stdin_;
  std::optional<Descriptor> watched_;  ///< instead, where it cannot be opened again
  asio::signal_set window_changes_;
  asio::steady_timer room_;
  /// Shared with the coroutines, which may be resumed once more after the object is gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::function<void()> wake_;
  std::string waiting_;
  std::optional<link::TerminalSize> new_size_;
  bool ended_ = false;
  bool end_told_ = false;
  bool left_ = false;
};

}  // namespace

std::unique_ptr<Streams> create_host_streams(const asio::any_io_executor& executor,
                                             HostStreamsOptions options) {
  return std::make_unique<ProcessStreams>(executor, std::move(options));
}

void restore_terminal() {
  if (terminal_is_raw.exchange(false)) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &found_settings);
  }
}

link::TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {size.ws_row, size.ws_col};
}

}  // namespace assay::program
