// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/host_streams.hpp"

#include "program/host_descriptors.hpp"

#include "frame.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <utility>

namespace assay::program {
namespace {

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

class ProcessStreams final : public Streams {
 public:
  ProcessStreams(const asio::any_io_executor& executor, HostStreamsOptions options)
      : executor_(executor),
        options_(std::move(options)),
        out_(executor, STDOUT_FILENO, "stdout"),
        err_(executor, STDERR_FILENO, "stderr"),
        in_(executor, STDIN_FILENO, "stdin"),
        window_changes_(executor),
        room_(executor) {
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

  Task<Result<bool>> write(link::Stream stream, std::string_view bytes) override {
    if (stream == link::Stream::out && options_.on_output) {
      options_.on_output(bytes);
    }
    if (stream == link::Stream::out && options_.quiet) {
      co_return true;
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
  [[nodiscard]] Status trouble() const override { return trouble_; }

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
      const auto count = co_await in_.read(chunk);
      if (!*alive) {
        co_return;
      }
      if (!count) {
        trouble_ = count.error();
        tell();
        co_return;
      }
      take(std::string_view(chunk).substr(0, *count));
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

  void take(std::string_view bytes) {
    const std::size_t leave = options_.screen ? bytes.find(leave_key) : std::string_view::npos;
    left_ = leave != std::string_view::npos || (options_.screen && bytes.empty());
    ended_ = bytes.empty();
    waiting_ += bytes.substr(0, leave);
    tell();
  }

  asio::any_io_executor executor_;
  HostStreamsOptions options_;
  HostSink out_;
  HostSink err_;
  HostSource in_;
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
  Status trouble_;
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

void occupy_closed_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) {
      // The lowest that is free. Reading finds the end, writing is an error: what is written would be lost.
      [[maybe_unused]] const int opened = ::open("/dev/null", O_RDONLY);
    }
  }
}

Status check_input() {
  struct stat status{};
  const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
  const bool is_folder = ::fstat(STDIN_FILENO, &status) == 0 && S_ISDIR(status.st_mode);
  if (is_folder || flags < 0 || (flags & O_ACCMODE) == O_WRONLY) {
    return fail(Failure::usage, "cannot pass stdin on: it is {}",
                is_folder ? "a folder" : "not open for reading");
  }
  return {};
}

bool outputs_are_one() {
  struct stat out{};
  struct stat err{};
  return ::fstat(STDOUT_FILENO, &out) == 0 && ::fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
         out.st_ino == err.st_ino;
}

link::TerminalSize terminal_size() {
  winsize size{};
  if (::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
    return {};
  }
  return {size.ws_row, size.ws_col};
}

}  // namespace assay::program
