// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/process.hpp"

#include "base/files.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

namespace assay {
namespace {

using namespace std::chrono_literals;

Command shell(const std::string& script) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  return command;
}

TEST(Process, EndsWithItsCode) {
  asio::io_context io;
  const auto end = run_on(io, run_process(shell("exit 3"))).value();
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(end.text(), "exit code 3");
  EXPECT_TRUE(run_on(io, run_process(shell(":"))).value().ok());
}

TEST(Process, EndsBySignal) {
  asio::io_context io;
  const auto end = run_on(io, run_process(shell("kill -KILL $$"))).value();
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.text(), "killed by signal 9 (Killed)");
}

TEST(Process, HandsOnLinesOfBothStreams) {
  asio::io_context io;
  std::vector<std::string> lines;
  auto command = shell("echo one; echo two >&2; printf three");
  command.on_line = [&lines](std::string_view line) { lines.emplace_back(line); };
  EXPECT_TRUE(run_on(io, run_process(command)).value().ok());
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(Process, CutsALineWithoutEnd) {
  asio::io_context io;
  std::size_t bytes = 0;
  std::size_t longest = 0;
  auto command = shell("head -c 1000000 /dev/zero");
  command.on_line = [&](std::string_view line) {
    bytes += line.size();
    longest = std::max(longest, line.size());
  };
  EXPECT_TRUE(run_on(io, run_process(command)).value().ok());
  EXPECT_EQ(bytes, 1'000'000U);
  EXPECT_LE(longest, 1U << 16U);
}

TEST(Process, RunsInItsFolderAndEnvironment) {
  asio::io_context io;
  auto command = shell("pwd; echo $ASSAY_TEST; cat");
  command.directory = "/usr";
  command.environment = {{"ASSAY_TEST", "a b"}};
  EXPECT_EQ(run_on(io, output_of(command)).value(), "/usr\na b\n") << "stdin is closed, too";
}

TEST(Process, ThatCannotStartIsAnError) {
  asio::io_context io;
  Command command;
  command.argv = {"/no/such/program"};
  const auto end = run_on(io, run_process(command));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().kind(), Failure::infrastructure);
  EXPECT_EQ(end.error().text(), "cannot start /no/such/program: No such file or directory");
}

TEST(Process, OutputOfAFailureQuotesItsLastLines) {
  asio::io_context io;
  const auto output = run_on(io, output_of(shell("echo it went wrong; exit 1")));
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().text().find("/bin/sh: exit code 1\nit went wrong"), std::string::npos);
}

Task<int> given_up(Command command) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, 10s);
  int child = 0;
  command.on_line = [&](std::string_view line) {
    child = std::stoi(std::string(line));
    timer.cancel();
  };
  co_await (run_process(std::move(command)) || timer.async_wait(noexcept_awaitable));
  co_return child;
}

TEST(Process, CancellationKillsTheWholeGroup) {
  asio::io_context io;
  const int child = run_on(io, given_up(shell("sleep 1000 & echo $!; wait")));
  ASSERT_GT(child, 1);
  // The helper is reaped by PID 1, soon; as a zombie it is no longer running either.
  bool gone = false;
  for (int i = 0; i < 200 && !gone; ++i) {
    const auto stat = read_file("/proc/" + std::to_string(child) + "/stat");
    gone = !stat || stat->find(") Z ") != std::string::npos;
    run_on(io, []() -> Task<bool> {
      co_await pause_for(10ms);
      co_return true;
    }());
  }
  EXPECT_TRUE(gone);
}

TEST(Process, WaitForExitNamesAProcessThatIsNotThere) {
  asio::io_context io;
  const auto ended = run_on(io, wait_for_exit(0x3fffffff));
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().text().find("cannot watch process 1073741823"), std::string::npos);
}

TEST(FindProgram, LooksAlongThePath) {
  EXPECT_TRUE(find_program("sh").is_absolute());
  EXPECT_TRUE(find_program("no-such-program-of-assay").empty());
}

}  // namespace
}  // namespace assay
