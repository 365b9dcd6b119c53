// SPDX-License-Identifier: GPL-2.0-or-later
// Programs and files as a host orders them, over a socket. Like session_test.cpp these also show that the
// supervisor does not allocate.
#include "agent_process.hpp"
#include "data.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace assay::agent {
namespace {

using namespace std::chrono_literals;
using Builder = flatbuffers::FlatBufferBuilder;

constexpr std::uint64_t per_ms = 1'000'000;

struct Program {
  std::string script;
  std::uint64_t timeout_ns = 0;
  bool input = false;
  bool terminal = false;
  std::string path = "/bin/sh";
  bool merged = false;
  std::string user{};
};

struct End {
  std::string out;
  std::string err;
  wire::ProgramEnd how = wire::ProgramEnd::exited;
  int code = -1;
  std::string reason;
  std::uint64_t taken = 0;
};

class Programs : public testing::Test {
 protected:
  void start(const Program& program, std::uint64_t order = 1) {
    Builder builder;
    const std::vector<std::string> arguments{program.path, "-c", program.script};
    const std::vector<std::string> environment{"PATH=/bin:/usr/bin", "WORD=from the order"};
    const auto arguments_at = builder.CreateVectorOfStrings(arguments);
    const auto environment_at = builder.CreateVectorOfStrings(environment);
    const auto user_at = builder.CreateString(program.user);
    agent_.send_message(
        builder, wire::Message::RunProgram,
        wire::CreateRunProgram(builder, order, arguments_at, environment_at, 0, program.timeout_ns,
                               program.input, program.terminal, 33, 99, program.merged, user_at)
            .Union());
  }

  void input(const std::string& bytes, bool end, std::uint64_t order = 1) {
    Builder builder;
    const auto content =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    agent_.send_message(builder, wire::Message::Input,
                        wire::CreateInput(builder, order, content, end).Union());
  }

  /// Until the program's end, with all that it wrote.
  End wait() {
    End end;
    for (;;) {
      const wire::Frame* frame = agent_.wait_for_any();
      if (frame == nullptr) {
        ADD_FAILURE() << "no end within ten seconds";
        return end;
      }
      if (const auto* output = frame->message_as_Output()) {
        (output->stream() == wire::Stream::err ? end.err : end.out)
            .append(reinterpret_cast<const char*>(output->bytes()->data()), output->bytes()->size());
      } else if (const auto* taken = frame->message_as_Taken()) {
        end.taken += taken->inputs();
      } else if (const auto* ended = frame->message_as_Ended()) {
        end.how = ended->how();
        end.code = ended->code();
        end.reason = ended->reason()->str();
      } else if (const auto* result = frame->message_as_Result()) {
        EXPECT_EQ(result->fate(), wire::Fate::finished) << result->reason()->str();
        return end;
      }
    }
  }

  End run(const Program& program) {
    start(program);
    return wait();
  }

  /// A script as the program of a trial: its result, valid until the next call.
  const wire::Result* try_script(const std::string& script, bool marks) {
    Builder builder;
    const std::vector<std::string> environment{"PATH=/bin:/usr/bin"};
    const auto arguments_at =
        builder.CreateVectorOfStrings(std::vector<std::string>{"/bin/sh", "-c", script});
    const auto environment_at = builder.CreateVectorOfStrings(environment);
    const auto program = wire::CreateRunProgram(builder, 0, arguments_at, environment_at);
    const auto name = builder.CreateString("mine");
    wire::StartBuilder start(builder);
    start.add_order(1);
    start.add_workload(name);
    start.add_program(program);
    start.add_marks(marks);
    agent_.send_message(builder, wire::Message::Start, start.Finish().Union());
    return agent_.result();
  }

  AgentProcess agent_;
};

TEST_F(Programs, OutputErrorsAndExitCode) {
  const End end = run({.script = "echo out; echo err >&2; echo $WORD; pwd; exit 3"});
  EXPECT_EQ(end.out, "out\nfrom the order\n/\n");
  EXPECT_EQ(end.err, "err\n");
  EXPECT_EQ(end.how, wire::ProgramEnd::exited);
  EXPECT_EQ(end.code, 3);
}

TEST_F(Programs, NothingIsDroppedForASlowReader) {
  start({.script = "i=0; while [ $i -lt 400000 ]; do echo line $i; i=$((i+1)); done"});
  std::this_thread::sleep_for(1500ms);
  const End end = wait();
  EXPECT_EQ(end.code, 0);
  std::string expected;
  for (int i = 0; i < 400000; ++i) {
    expected += "line " + std::to_string(i) + "\n";
  }
  EXPECT_TRUE(end.out == expected) << end.out.size() << " bytes instead of " << expected.size();
  EXPECT_EQ(agent_.gaps(), 0U);
}

TEST_F(Programs, SignalsAndTimeOuts) {
  const End killed = run({.script = "kill -TERM $$"});
  EXPECT_EQ(killed.how, wire::ProgramEnd::signalled);
  EXPECT_EQ(killed.code, SIGTERM);
  const End slow = run({.script = "echo before; sleep 60", .timeout_ns = 300 * per_ms});
  EXPECT_EQ(slow.how, wire::ProgramEnd::timed_out);
  EXPECT_EQ(slow.out, "before\n") << "what it wrote before its end is lost";
}

TEST_F(Programs, AProgramThatDoesNotExist) {
  const End end = run({.script = "", .path = "/no/such/program"});
  EXPECT_EQ(end.how, wire::ProgramEnd::not_started);
  EXPECT_EQ(end.code, ENOENT);
  EXPECT_EQ(end.reason, "cannot execute /no/such/program: No such file or directory");
}

TEST_F(Programs, WhatIsNotThereForAProgramIsNamed) {
  std::string script = ::testing::TempDir() + "assay-script-XXXXXX";
  const auto make = [&](const std::string& content) {
    script.replace(script.size() - 6, 6, "XXXXXX");
    const int fd = ::mkstemp(script.data());
    EXPECT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    ::fchmod(fd, 0755);
    ::close(fd);
  };
  const auto reason_of = [&](const std::string& content) {
    make(content);
    const End end = run({.script = "", .path = script});
    EXPECT_EQ(end.how, wire::ProgramEnd::not_started) << content;
    ::unlink(script.c_str());
    return end.reason;
  };
  const auto expect = [&](const std::string& content, const std::string& why) {
    const auto reason = reason_of(content);
    EXPECT_EQ(reason, "cannot execute " + script + ": " + why);
  };
  expect("#!/no/such/sh -e\necho hi\n", "its interpreter /no/such/sh is not in the guest");
  expect("#! /no/such/sh\r\n", "its interpreter /no/such/sh\r is not in the guest");
  std::string elf(
      "\x7f"
      "ELF\2\1\1",
      7);
  elf.resize(200, '\0');
  elf[18] = static_cast<char>(183);  // aarch64
  const std::string other = reason_of(elf);
  EXPECT_NE(other.find("it is a program for aarch64, and this guest is "), std::string::npos) << other;
  const End none = run({.script = "", .path = "no-such-program"});
  EXPECT_EQ(none.reason, "cannot execute no-such-program: PATH of the guest has no such program");
  // Text without such a line is the shell's.
  make("echo from $0\n");
  EXPECT_EQ(run({.script = "", .path = script}).out, "from " + script + "\n");
  ::unlink(script.c_str());
}

TEST_F(Programs, OnePipeKeepsTheOrder) {
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    expected += "out " + std::to_string(i) + "\nerr " + std::to_string(i) + "\n";
  }
  const End end =
      run({.script = "i=0; while [ $i -lt 50 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done",
           .merged = true});
  EXPECT_EQ(end.out, expected);
  EXPECT_EQ(end.err, "");
}

TEST_F(Programs, AnOutputThatNobodyReadsIsTold) {
  start({.script = "exec 2>/dev/null; while echo y; do :; done; exit 9"});
  ASSERT_NE(agent_.wait_for(wire::Message::Output), nullptr);
  Builder builder;
  agent_.send_message(builder, wire::Message::Unread,
                      wire::CreateUnread(builder, 1, wire::Stream::out).Union());
  const End end = wait();
  EXPECT_EQ(end.how, wire::ProgramEnd::signalled);
  EXPECT_EQ(end.code, SIGPIPE);
}

TEST_F(Programs, AnotherUser) {
  EXPECT_EQ(run({.script = "", .user = "no-such-user"}).reason,
            "cannot run as no-such-user: the guest's /etc/passwd has no user no-such-user");
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root becomes somebody else";
  }
  EXPECT_EQ(run({.script = "id -u; id -g; id -G; cd; pwd", .user = "12345:54321"}).out,
            "12345\n54321\n54321\n/\n");
  EXPECT_EQ(run({.script = "echo to stdout > /dev/stdout", .user = "12345"}).out, "to stdout\n");
}

TEST_F(Programs, AnswersWhileADescendantHoldsTheOutputOpen) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(run({.script = "sleep 60 & echo done"}).out, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);
}

TEST_F(Programs, Input) {
  start({.script = "cat; echo end", .input = true});
  input("one ", false);
  input("two\n", false);
  input("", true);
  const End end = wait();
  EXPECT_EQ(end.out, "one two\nend\n");
  EXPECT_EQ(end.taken, 3U);
}

TEST_F(Programs, WithoutInputStdinIsEmpty) { EXPECT_EQ(run({.script = "cat; echo end"}).out, "end\n"); }

TEST_F(Programs, InputThatNobodyReadsIsTakenAllTheSame) {
  start({.script = "exec <&-; sleep 1; echo end", .input = true});
  const std::string piece(wire::most_bytes, 'x');
  for (std::size_t i = 0; i < wire::input_window; ++i) {
    input(piece, false);
  }
  const End end = wait();
  EXPECT_EQ(end.out, "end\n");
}

TEST_F(Programs, MoreInputThanTheWindowEndsTheProgram) {
  start({.script = "sleep 60", .input = true});
  agent_.worker_pid();
  const std::string piece(wire::most_bytes, 'x');
  // The worker takes what it can hold in memory, so only a stopped one lets the pipe fill up.
  const int worker = agent_.worker_pid();
  ASSERT_GT(worker, 0);
  ::kill(worker, SIGSTOP);
  for (std::size_t i = 0; i < 4 * wire::input_window; ++i) {
    input(piece, false);
  }
  const auto* result = agent_.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::stopped);
}

TEST_F(Programs, ATerminal) {
  start({.script = "test -t 0 && test -t 1 && test -t 2 && stty size; read line; echo got $line",
         .input = true,
         .terminal = true});
  input("hello\n", false);
  const End end = wait();
  EXPECT_EQ(end.code, 0);
  EXPECT_NE(end.out.find("33 99\r\n"), std::string::npos) << end.out;
  EXPECT_NE(end.out.find("got hello\r\n"), std::string::npos) << end.out;
  EXPECT_EQ(end.err, "");
}

TEST_F(Programs, ATerminalGetsItsNewSizeAndItsEndOfFile) {
  start({.script = "trap 'stty size; exit 5' WINCH; echo ready; cat", .input = true, .terminal = true});
  Builder builder;
  std::this_thread::sleep_for(500ms);
  agent_.send_message(builder, wire::Message::Resize, wire::CreateResize(builder, 1, 20, 70).Union());
  std::this_thread::sleep_for(200ms);
  input("", true);  // ends cat, and so lets the shell run its trap
  const End end = wait();
  EXPECT_NE(end.out.find("20 70"), std::string::npos) << end.out;
  EXPECT_EQ(end.code, 5);
}

TEST_F(Programs, Stop) {
  start({.script = "sleep 60"});
  agent_.worker_pid();
  agent_.stop(1);
  const auto* result = agent_.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::stopped);
}

TEST_F(Programs, OneOrderAtATime) {
  start({.script = "sleep 60"});
  start({.script = "true"}, 2);
  const auto* result = agent_.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->order(), 2U);
  EXPECT_EQ(result->fate(), wire::Fate::refused);
}

/// Null when there is none.
const wire::Counter* counter(const wire::Result& result, const std::string& name) {
  for (const auto* one : *result.counters()) {
    if (one->name()->str() == name) {
      return one;
    }
  }
  return nullptr;
}

TEST_F(Programs, AProgramOnTrialIsMeasuredFromItsStartToItsEnd) {
  const auto* result = try_script("exit 3", false);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::finished);
  EXPECT_EQ(result->outcome(), wire::Outcome::pass) << "who judges exit codes is the host";
  EXPECT_GT(result->end_ns(), result->begin_ns());
  for (const std::string name : {"wall_us", "cpu_us", "max_rss", "vmstat.pgfault"}) {
    const auto* one = counter(*result, name);
    ASSERT_NE(one, nullptr) << name;
    EXPECT_GT(one->value(), 0) << name;
  }
}

TEST_F(Programs, AProgramOnTrialMarksItsMeasurement) {
  const auto* result = try_script(
      "echo begin >&$ASSAY_MARKS; read -r a <&4; echo begin unmarked >&3; read -r b <&4; echo end >&3; "
      "read -r c <&4; echo what >&3; read -r d <&4; test \"$a $b $c $d\" = 'ok ignored ok unknown' || sleep "
      "60",
      true);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->outcome(), wire::Outcome::pass);
  EXPECT_GT(result->end_ns(), result->begin_ns());
  ASSERT_NE(counter(*result, "vmstat.pgfault"), nullptr);
}

TEST_F(Programs, AProgramOnTrialThatWasToMarkAndDoesNotFails) {
  const auto* result = try_script("true", true);
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->outcome(), wire::Outcome::fail);
  EXPECT_EQ(result->reason()->str(),
            "check marks failed: the program never began to measure: it calls no assay_begin()");
  EXPECT_EQ(counter(*result, "vmstat.pgfault"), nullptr);
  // Who says that it begins is measured until it says more, or ends.
  const auto* half = try_script("echo begin >&3; read -r a <&4", true);
  ASSERT_NE(half, nullptr);
  EXPECT_NE(counter(*half, "vmstat.pgfault"), nullptr);
}

TEST_F(Programs, ASetupRunsFirstAndHasToSucceed) {
  const auto with_setup = [&](const std::string& script) {
    Builder builder;
    const auto command = [&](const std::string& text) {
      const auto words = builder.CreateVectorOfStrings(std::vector<std::string>{"/bin/sh", "-c", text});
      return wire::CreateRunProgram(builder, 0, words);
    };
    const auto setup = command(script);
    const auto program = command("echo program");
    const auto name = builder.CreateString("mine");
    agent_.send_message(builder, wire::Message::Start,
                        wire::CreateStart(builder, 1, name, 0, 0, 0, 0, 0, program, false, setup).Union());
    std::string out;
    for (const auto* frame = agent_.wait_for_any(); frame != nullptr; frame = agent_.wait_for_any()) {
      if (const auto* output = frame->message_as_Output()) {
        out.append(reinterpret_cast<const char*>(output->bytes()->data()), output->bytes()->size());
      } else if (const auto* result = frame->message_as_Result()) {
        return out + result->reason()->str();
      }
    }
    return out;
  };
  EXPECT_EQ(with_setup("echo setup"), "setup\nprogram\n");
  EXPECT_EQ(with_setup("echo setup; exit 3"), "setup\nthe setup ended with exit code 3");
}

TEST_F(Programs, AProgramOnTrialThatCannotBeStartedIsSkipped) {
  Builder builder;
  const auto arguments = builder.CreateVectorOfStrings(std::vector<std::string>{"/no/such/program"});
  const auto program = wire::CreateRunProgram(builder, 0, arguments);
  const auto name = builder.CreateString("mine");
  agent_.send_message(builder, wire::Message::Start,
                      wire::CreateStart(builder, 1, name, 0, 0, 0, 0, 0, program).Union());
  const auto* result = agent_.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->outcome(), wire::Outcome::skip);
  EXPECT_EQ(result->reason()->str(),
            "the program was not started: cannot execute /no/such/program: No such file or directory");
}

}  // namespace
}  // namespace assay::agent
