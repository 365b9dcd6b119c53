// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent_process.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <thread>

namespace assay::agent {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void execute(const std::vector<std::string>& arguments) {
  std::vector<char*> argv{const_cast<char*>(ASSAY_AGENT)};
  for (const auto& one : arguments) {
    argv.push_back(const_cast<char*>(one.c_str()));
  }
  argv.push_back(nullptr);
  ::execv(ASSAY_AGENT, argv.data());
  ::_exit(126);
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> chunk{};
  ssize_t count = 0;
  while ((count = ::read(fd, chunk.data(), chunk.size())) > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

Finished run_agent(const std::vector<std::string>& arguments) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  EXPECT_EQ(::pipe(out.data()) | ::pipe(err.data()), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    ::close(out[0]);
    ::close(err[0]);
    execute(arguments);
  }
  ::close(out[1]);
  ::close(err[1]);
  Finished finished;
  std::thread reader([&] { finished.err = read_to_end(err[0]); });
  finished.out = read_to_end(out[0]);
  reader.join();
  ::waitpid(pid, &finished.status, 0);
  ::close(out[0]);
  ::close(err[0]);
  return finished;
}

AgentProcess::AgentProcess() {
  std::string folder = ::testing::TempDir() + "assay-agent-XXXXXX";
  EXPECT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/s";
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path[0], path.data(), path.size());
  EXPECT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  pid_ = ::fork();
  if (pid_ == 0) {
    execute({"--connect", path});
  }
  channel_.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}

AgentProcess::~AgentProcess() { hang_up(); }

int AgentProcess::hang_up() {
  channel_.reset();
  int status = 0;
  if (pid_ != 0) {
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }
  return status;
}

void AgentProcess::send_bytes(std::span<const std::byte> bytes) {
  EXPECT_EQ(::send(channel_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

void AgentProcess::send_message(flatbuffers::FlatBufferBuilder& builder, wire::Message type,
                                flatbuffers::Offset<void> message) {
  wire::FinishFrameBuffer(builder, wire::CreateFrame(builder, type, message));
  send_bytes(wire::encode_header(builder.GetSize(), 0));
  send_bytes({reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()});
}

void AgentProcess::start(std::uint64_t order, const std::string& workload, const Parameters& parameters,
                         const Options& options) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<wire::Parameter>> list;
  for (const auto& [name, value] : parameters) {
    list.push_back(wire::CreateParameterDirect(builder, name.c_str(), value.c_str()));
  }
  const auto sources = builder.CreateVectorOfStrings(options.sources);
  const auto start =
      wire::CreateStart(builder, order, builder.CreateString(workload), 1, builder.CreateVector(list),
                        options.sample_interval_ns, sources, options.timeout_ns);
  send_message(builder, wire::Message::Start, start.Union());
}

void AgentProcess::stop(std::uint64_t order) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(builder, wire::Message::Stop, wire::CreateStop(builder, order).Union());
}

void AgentProcess::ping(std::uint64_t nonce) {
  flatbuffers::FlatBufferBuilder builder;
  send_message(builder, wire::Message::Ping, wire::CreatePing(builder, nonce).Union());
}

void AgentProcess::power_off() {
  flatbuffers::FlatBufferBuilder builder;
  send_message(builder, wire::Message::PowerOff, wire::CreatePowerOff(builder).Union());
}

bool AgentProcess::next(Clock::time_point end) {
  static std::array<std::byte, 65536> chunk;
  while (!decoder_.next(frame_)) {
    EXPECT_EQ(decoder_.fault(), wire::Fault::none);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wait{.fd = channel_.get(), .events = POLLIN, .revents = 0};
    if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) {
      return false;
    }
    const ssize_t count = ::read(channel_.get(), chunk.data(), chunk.size());
    if (count <= 0) {
      return false;
    }
    decoder_.feed(std::span(chunk).first(static_cast<std::size_t>(count)));
  }
  gaps_ += frame_.sequence - expected_;
  expected_ = frame_.sequence + 1;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame_.payload.data()),
                                 frame_.payload.size());
  EXPECT_TRUE(wire::VerifyFrameBuffer(verifier));
  const wire::Frame* message = wire::GetFrame(frame_.payload.data());
  ++counts_[message->message_type()];
  if (const auto* samples = message->message_as_Samples()) {
    ticks_ += samples->times()->size();
  }
  return true;
}

const wire::Frame* AgentProcess::wait_for(wire::Message type) {
  const auto end = Clock::now() + std::chrono::seconds(10);
  while (next(end)) {
    const wire::Frame* message = wire::GetFrame(frame_.payload.data());
    if (message->message_type() == type) {
      return message;
    }
  }
  return nullptr;
}

const wire::Frame* AgentProcess::wait_for_any() {
  return next(Clock::now() + std::chrono::seconds(10)) ? wire::GetFrame(frame_.payload.data()) : nullptr;
}

int AgentProcess::worker_pid() {
  for (int i = 0; i < 5; ++i) {
    const auto* frame = wait_for(wire::Message::Heartbeat);
    const int pid = frame == nullptr ? 0 : frame->message_as_Heartbeat()->worker();
    if (pid != 0) {
      return pid;
    }
  }
  return 0;
}

}  // namespace assay::agent
