// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.hpp"

#include "base/handle.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX asks the program to declare it

namespace assay {
namespace {

constexpr std::size_t longest_line = 1U << 16U;

struct Child {
  pid_t pid = -1;
  UniqueFd output;
};

/// Kills the whole process group and reaps its leader unless the end was seen.
class ChildGuard {
 public:
  explicit ChildGuard(pid_t pid) : pid_(pid) {}
  ChildGuard(const ChildGuard&) = delete;
  ChildGuard& operator=(const ChildGuard&) = delete;
  ChildGuard(ChildGuard&&) = delete;
  ChildGuard& operator=(ChildGuard&&) = delete;
  ~ChildGuard() {
    if (pid_ > 0) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  ProcessEnd reap() { return reap_child(std::exchange(pid_, -1)); }

 private:
  pid_t pid_;
};

std::vector<std::string> merged_environment(const Command& command) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(command.environment.begin(), command.environment.end(),
                                      [&](const auto& pair) { return pair.first == name; });
    if (!replaced) {
      merged.emplace_back(text);
    }
  }
  for (const auto& [name, value] : command.environment) {
    merged.push_back(name + "=" + value);
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (auto& text : strings) {
    result.push_back(text.data());
  }
  result.push_back(nullptr);
  return result;
}

Result<Child> spawn(const Command& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Failure::infrastructure, "cannot create a pipe: {}", errno_text(errno));
  }
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  if (!command.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, command.directory.c_str());
  }
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

  auto argv = command.argv;
  auto environment = merged_environment(command);
  Child child;
  const int error = ::posix_spawnp(&child.pid, argv.front().c_str(), &actions, &attributes,
                                   pointers(argv).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return fail(Failure::infrastructure, "cannot start {}: {}", command.argv.front(), errno_text(error));
  }
  child.output = std::move(read_end);
  return child;
}

/// Hands on whole lines until the far end closes; a longer line than longest_line is cut.
Task<> pump_lines(asio::posix::stream_descriptor& output,
                  const std::function<void(std::string_view)>& on_line) {
  std::string buffer;
  while (true) {
    auto [error, length] = co_await asio::async_read_until(output, asio::dynamic_buffer(buffer, longest_line),
                                                           '\n', noexcept_awaitable);
    const bool cut = error == asio::error::not_found;
    if (error && !cut) {
      break;
    }
    const std::size_t taken = cut ? buffer.size() : length;
    if (on_line) {
      on_line(std::string_view(buffer).substr(0, cut ? taken : taken - 1));
    }
    buffer.erase(0, taken);
  }
  if (!buffer.empty() && on_line) {
    on_line(buffer);
  }
}

}  // namespace

std::string ProcessEnd::text() const {
  return signal != 0 ? fmt::format("killed by signal {} ({})", signal, ::strsignal(signal))
                     : fmt::format("exit code {}", code);
}

Task<Status> wait_for_exit(int pid) {
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    co_return fail(Failure::infrastructure, "cannot watch process {}: {}", pid, errno_text(errno));
  }
  asio::posix::stream_descriptor watched(co_await asio::this_coro::executor, pidfd.release());
  auto [error] = co_await watched.async_wait(asio::posix::descriptor_base::wait_read, noexcept_awaitable);
  if (error) {
    co_return fail(Failure::interrupted, "waiting for process {} was cancelled", pid);
  }
  co_return Status();
}

Task<Result<ProcessEnd>> run_process(Command command) {
  auto child = spawn(command);
  if (!child) {
    co_return child.error();
  }
  ChildGuard guard(child->pid);
  asio::posix::stream_descriptor output(co_await asio::this_coro::executor, child->output.release());
  co_await pump_lines(output, command.on_line);
  // Helpers that outlive the leader may have held the pipe; the leader's end is what counts.
  if (auto ended = co_await wait_for_exit(child->pid); !ended) {
    co_return ended.error();
  }
  co_return guard.reap();
}

Task<Result<std::string>> output_of(Command command) {
  std::string output;
  const std::string name = command.argv.front();
  command.on_line = [&output](std::string_view line) { output.append(line).append("\n"); };
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    constexpr std::size_t quoted = 800;
    co_return fail(Failure::infrastructure, "{}: {}\n{}", name, end->text(),
                   output.size() > quoted ? output.substr(output.size() - quoted) : output);
  }
  co_return output;
}

ProcessEnd reap_child(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? ProcessEnd{0, WTERMSIG(status)} : ProcessEnd{WEXITSTATUS(status), 0};
}

std::vector<std::string> clean_environment() {
  const auto ours = [](const std::string& name, const char* otherwise) {
    const char* value = std::getenv(name.c_str());
    return name + "=" + (value != nullptr ? value : otherwise);
  };
  return {"env", "-i", ours("PATH", "/usr/bin:/bin"), ours("HOME", "/"), ours("TMPDIR", "/tmp"), "LC_ALL=C"};
}

std::filesystem::path find_program(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest(path != nullptr ? path : "/usr/bin:/bin");
  while (!rest.empty()) {
    const auto entry = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    auto candidate = std::filesystem::path(entry) / program;
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return {};
}

}  // namespace assay
