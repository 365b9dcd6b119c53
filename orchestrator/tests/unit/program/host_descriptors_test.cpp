// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever stdin, stdout and stderr are. Each test runs in a process of its own, whose descriptors it may
// replace.
#include "program/host_descriptors.hpp"
#include "program/host_streams.hpp"

#include "running.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <thread>

namespace assay::program {
namespace {

using testing::HasSubstr;

/// What stdin held until its end, or the error.
Task<std::string> read_all(HostSource& source) {
  std::string all;
  std::string chunk(4096, '\0');
  for (;;) {
    const auto count = co_await source.read(chunk);
    if (!count) {
      co_return all + count.error().text();
    }
    if (*count == 0) {
      co_return all;
    }
    all += chunk.substr(0, *count);
  }
}

std::string all_of_stdin() {
  asio::io_context io;
  HostSource source(io.get_executor(), STDIN_FILENO, "stdin");
  return run_on(io, read_all(source));
}

Task<std::string> write_all(HostSink& sink, std::string_view text) {
  const auto done = co_await sink.write(text);
  std::string said;
  if (!done) {
    said = done.error().text();
  } else if (!*done) {
    said = "unread";
  }
  co_return said;
}

/// "", "unread" or the error.
std::string written(int fd, const std::string& text) {
  ::signal(SIGPIPE, SIG_IGN);
  asio::io_context io;
  HostSink sink(io.get_executor(), fd, "stdout");
  return run_on(io, write_all(sink, text));
}

/// `work` in a child, so that descriptors 0 to 2 can be anything; what it returns.
std::string in_child(const std::function<std::string()>& work) {
  std::array<int, 2> result{};
  EXPECT_EQ(::pipe(result.data()), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int high = ::fcntl(result[1], F_DUPFD, 100);
    const std::string text = work();
    [[maybe_unused]] const auto told = ::write(high, text.data(), text.size());
    ::_exit(0);
  }
  ::close(result[1]);
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t count = 0; (count = ::read(result[0], chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  ::close(result[0]);
  ::waitpid(pid, nullptr, 0);
  return text;
}

void become(int fd, int target) {
  EXPECT_GE(fd, 0);
  ::dup2(fd, target);
  ::close(fd);
}

std::string some_file(const std::string& content) {
  std::string path = testing::TempDir() + "assay-stdin-XXXXXX";
  const int fd = ::mkstemp(path.data());
  EXPECT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ::close(fd);
  return path;
}

TEST(HostSource, AFileFromWhereItStands) {
  const auto path = some_file("0123456789" + std::string(100'000, 'x'));
  EXPECT_EQ(in_child([&] {
              become(::open(path.c_str(), O_RDONLY), 0);
              ::lseek(0, 10, SEEK_SET);
              return all_of_stdin();
            }),
            std::string(100'000, 'x'));
  ::unlink(path.c_str());
}

TEST(HostSource, AConnectionThatIsResetIsNoWrongUsage) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  ASSERT_EQ(::write(ends[0], "x", 1), 1);
  ::close(ends[1]);  // what it has not read resets the connection
  asio::io_context io;
  HostSource source(io.get_executor(), ends[0], "stdin");
  std::string chunk(10, '\0');
  const auto count = run_on(io, source.read(chunk));
  ::close(ends[0]);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().kind(), Failure::infrastructure);
  EXPECT_EQ(count.error().text(), "cannot read stdin: Connection reset by peer");
}

TEST(HostSource, DevicesPipesAndSockets) {
  EXPECT_EQ(in_child([] {
              become(::open("/dev/null", O_RDONLY), 0);
              return all_of_stdin() + "end";
            }),
            "end");
  for (const bool is_socket : {false, true}) {
    EXPECT_EQ(in_child([&] {
                std::array<int, 2> ends{};
                (void)(is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data()));
                become(ends[0], 0);
                std::thread writer([&] {
                  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // nothing is there at first
                  (void)::write(ends[1], "late", 4);
                  ::close(ends[1]);
                });
                auto text = all_of_stdin();
                writer.join();
                // Nothing was changed for those who share it.
                return text + ((::fcntl(0, F_GETFL) & O_NONBLOCK) == 0 ? "" : " O_NONBLOCK");
              }),
              "late")
        << is_socket;
  }
}

TEST(HostSource, ATerminalThatHangsUpIsTheEnd) {
  EXPECT_EQ(in_child([] {
              const int ours = ::posix_openpt(O_RDWR | O_NOCTTY);
              ::grantpt(ours);
              ::unlockpt(ours);
              become(::open(::ptsname(ours), O_RDWR | O_NOCTTY), 0);
              (void)::write(ours, "line\n", 5);
              std::thread closer([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(200));
                ::close(ours);
              });
              const bool shared = (::fcntl(0, F_GETFL) & O_NONBLOCK) != 0;
              auto text = all_of_stdin();
              closer.join();
              return text + (shared ? " O_NONBLOCK" : "");
            }),
            "line\n");
}

TEST(HostSource, WhatCannotBeReadIsAnErrorAndNoEnd) {
  EXPECT_THAT(in_child([] {
                become(::open("/", O_RDONLY), 0);
                return all_of_stdin() + "; " + check_input().error().text();
              }),
              testing::Eq("cannot read stdin: Is a directory; cannot pass stdin on: it is a folder"));
  EXPECT_THAT(in_child([] {
                become(::open("/dev/null", O_WRONLY), 0);
                return all_of_stdin() + "; " + check_input().error().text();
              }),
              HasSubstr("cannot read stdin: Bad file descriptor; cannot pass stdin on: it is not open"));
}

TEST(HostDescriptors, AClosedOneStaysWithoutUse) {
  EXPECT_EQ(in_child([] {
              for (const int fd : {0, 1, 2}) {
                ::close(fd);
              }
              occupy_closed_descriptors();
              const int next = ::open("/", O_RDONLY);
              return fmt::format("{} {} {} {}", next > 2, check_input().has_value(), all_of_stdin(),
                                 written(1, "x"));
            }),
            "true true  cannot write to stdout: Bad file descriptor");
}

TEST(HostSink, FullDevicesAndReadersThatWentAway) {
  EXPECT_EQ(in_child([] {
              become(::open("/dev/full", O_WRONLY), 1);
              return written(1, "x");
            }),
            "cannot write to stdout: No space left on device");
  for (const bool is_socket : {false, true}) {
    EXPECT_EQ(in_child([&] {
                std::array<int, 2> ends{};
                (void)(is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data()));
                become(ends[1], 1);
                ::close(ends[0]);
                return written(1, "x");
              }),
              "unread")
        << is_socket;
  }
}

TEST(HostSink, ASlowReaderGetsAllAndNobodyElseSeesIt) {
  for (const bool is_socket : {false, true}) {
    EXPECT_EQ(in_child([&] {
                std::array<int, 2> ends{};
                (void)(is_socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data()));
                become(ends[1], 1);
                std::size_t got = 0;
                std::thread reader([&] {
                  std::this_thread::sleep_for(std::chrono::milliseconds(200));
                  std::array<char, 65536> chunk{};
                  while (got < 3'000'000) {
                    const auto count = ::read(ends[0], chunk.data(), chunk.size());
                    got += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
                  }
                });
                const auto text = written(1, std::string(3'000'000, 'x'));
                reader.join();
                return fmt::format("{}{} {}", text, got, ::fcntl(1, F_GETFL) & O_NONBLOCK);
              }),
              "3000000 0")
        << is_socket;
  }
}

TEST(HostDescriptors, TheSameOutputTwice) {
  EXPECT_EQ(in_child([] {
              become(::open("/dev/null", O_WRONLY), 1);
              ::dup2(1, 2);
              const bool one = outputs_are_one();
              become(::open("/dev/full", O_WRONLY), 2);
              return fmt::format("{} {}", one, outputs_are_one());
            }),
            "true false");
}

}  // namespace
}  // namespace assay::program
