// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_guest.hpp"

#include "base/process.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <array>
#include <utility>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks the program to declare it

namespace assay::trial::fake {
namespace {

/// A process that is killed and reaped at the end.
class AgentProcess {
 public:
  /// Its console is a file.
  AgentProcess(const std::string& socket, const std::string& console) {
    std::string program = ASSAY_AGENT;
    std::string verb = "--connect";
    std::string path = socket;
    std::array<char*, 4> argv{program.data(), verb.data(), path.data(), nullptr};
    constexpr mode_t mode = 0644;
    posix_spawn_file_actions_t files{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, console.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       mode);
    if (::posix_spawn(&pid_, program.c_str(), &files, nullptr, argv.data(), environ) != 0) {
      pid_ = -1;
    }
    ::posix_spawn_file_actions_destroy(&files);
  }
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;
  AgentProcess(AgentProcess&&) = delete;
  AgentProcess& operator=(AgentProcess&&) = delete;
  ~AgentProcess() { end(); }

  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

class AgentGuest final : public machine::Guest {
 public:
  AgentGuest(machine::BootSpec boot, std::function<void()> gone)
      : boot_(std::move(boot)), gone_(std::move(gone)) {}

  Task<Result<machine::ChannelSocket>> open_channel() override {
    const auto executor = co_await asio::this_coro::executor;
    const auto path = boot_.channel_socket.string();
    asio::local::stream_protocol::acceptor acceptor(executor, asio::local::stream_protocol::endpoint(path));
    agent_ = std::make_unique<AgentProcess>(path, boot_.console_log.string());
    auto [error, socket] = co_await acceptor.async_accept(noexcept_awaitable);
    if (error) {
      co_return fail(Failure::infrastructure, "cannot accept the agent: {}", error.message());
    }
    co_return std::move(socket);
  }
  Task<Result<Nanoseconds>> vcpu_time() override { co_return Nanoseconds(Clock::now().time_since_epoch()); }
  Task<Status> pause() override {
    if (::kill(agent_->pid(), SIGSTOP) != 0) {
      co_return fail(Failure::infrastructure, "the agent's process is gone");
    }
    co_return Status();
  }
  Task<Status> inject_nmi() override { co_return fail(Failure::infrastructure, "a process takes no NMI"); }
  Task<Result<std::string>> registers() override {
    co_return fail(Failure::infrastructure, "a process keeps its registers to itself");
  }
  Task<Result<std::string>> wait_end() override {
    while (!agent_) {
      co_await pause_for(std::chrono::milliseconds(10));
    }
    const auto pid = agent_->pid();
    if (auto ended = co_await wait_for_exit(pid); !ended) {
      co_return ended.error();
    }
    co_return "the agent's process ended";
  }
  Task<Status> destroy() override {
    agent_.reset();
    std::exchange(gone_, [] {})();
    co_return Status();
  }

 private:
  machine::BootSpec boot_;
  std::function<void()> gone_;
  std::unique_ptr<AgentProcess> agent_;
};

}  // namespace

std::unique_ptr<machine::Guest> create_agent_guest(machine::BootSpec boot, std::function<void()> gone) {
  return std::make_unique<AgentGuest>(std::move(boot), std::move(gone));
}

}  // namespace assay::trial::fake
