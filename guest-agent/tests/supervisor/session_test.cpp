// SPDX-License-Identifier: GPL-2.0-or-later
// The supervisor as a host sees it, over a socket. It aborts when it allocates, so that each of these tests
// also shows that it does not.
#include "agent_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace assay::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t ms = 1'000'000;

TEST(Session, HelloComesFirst) {
  AgentProcess agent;
  const auto* frame = agent.wait_for(wire::Message::Hello);
  ASSERT_NE(frame, nullptr);
  const auto& hello = *frame->message_as_Hello();
  EXPECT_EQ(hello.protocol(), wire::protocol_version);
  EXPECT_EQ(hello.page_size(), static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)));
  EXPECT_GT(hello.cpus(), 0U);
  EXPECT_GT(hello.memory(), 0U);
  EXPECT_FALSE(hello.kernel_release()->str().empty());
  ASSERT_NE(hello.capabilities(), nullptr);
  for (const auto* one : *hello.capabilities()) {
    EXPECT_EQ(one->available(), one->detail()->str().empty()) << one->name()->str();
  }
  EXPECT_EQ(agent.count(wire::Message::Hello), 1U);
}

TEST(Session, PingAndPowerOff) {
  AgentProcess agent;
  agent.ping(42);
  const auto* frame = agent.wait_for(wire::Message::Pong);
  ASSERT_NE(frame, nullptr);
  EXPECT_EQ(frame->message_as_Pong()->nonce(), 42U);
  agent.power_off();
  EXPECT_EQ(agent.wait_for(wire::Message::Pong), nullptr);
  EXPECT_EQ(agent.hang_up(), 0);
}

TEST(Session, EndsWithItsPeer) {
  AgentProcess agent;
  agent.start(1, "idle", {{"duration", "1h"}});
  ASSERT_GT(agent.worker_pid(), 0);
  EXPECT_EQ(agent.hang_up(), 0);
}

TEST(Session, ResultOfAWorkload) {
  AgentProcess agent;
  agent.start(7, "fault.shared", {{"pages", "16"}, {"rounds", "2"}});
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->order(), 7U);
  EXPECT_EQ(result->fate(), wire::Fate::finished) << result->reason()->str();
  EXPECT_EQ(result->outcome(), wire::Outcome::pass) << result->reason()->str();
  EXPECT_GT(result->end_ns(), result->begin_ns());
  const auto counter = [&](const std::string& name) {
    const auto found =
        std::ranges::find_if(*result->counters(), [&](const auto* c) { return c->name()->str() == name; });
    return found == result->counters()->end() ? -1 : (*found)->value();
  };
  EXPECT_EQ(counter("touches"), 32);
  EXPECT_GE(counter("vmstat.pgfault"), 32);
  EXPECT_EQ(agent.gaps(), 0U);
}

TEST(Session, OneOrderAfterTheOther) {
  AgentProcess agent;
  for (std::uint64_t order = 1; order <= 20; ++order) {
    agent.start(order, "idle");
    const auto* result = agent.result();
    ASSERT_NE(result, nullptr);
    EXPECT_EQ(result->order(), order);
    EXPECT_EQ(result->fate(), wire::Fate::finished);
  }
}

TEST(Session, RefusesWhatItDoesNotUnderstand) {
  AgentProcess agent;
  const AgentProcess::Options too_fast{.sample_interval_ns = ms};
  const AgentProcess::Options unknown{.sample_interval_ns = 10 * ms, .sources = {"vmstats"}};
  agent.start(1, "no.such.workload");
  agent.start(2, "idle", {}, too_fast);
  agent.start(3, "idle", {}, unknown);
  int refused = 0;
  for (int i = 0; i < 3; ++i) {
    const auto* result = agent.result();
    ASSERT_NE(result, nullptr);
    EXPECT_FALSE(result->reason()->str().empty());
    refused += result->fate() == wire::Fate::refused ? 1 : 0;
  }
  EXPECT_EQ(refused, 3);
  agent.start(4, "fault.shared", {{"page", "1"}});
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::refused);
  EXPECT_NE(result->reason()->str().find("did you mean \"pages\""), std::string::npos);
}

TEST(Session, OneOrderAtATime) {
  AgentProcess agent;
  agent.start(1, "idle", {{"duration", "1h"}});
  agent.start(2, "idle");
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->order(), 2U);
  EXPECT_EQ(result->fate(), wire::Fate::refused);
}

TEST(Session, Stop) {
  AgentProcess agent;
  agent.start(1, "idle", {{"duration", "1h"}});
  agent.stop(99);  // not running: logged and ignored
  ASSERT_NE(agent.wait_for(wire::Message::Log), nullptr);
  agent.stop(1);
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::stopped);
}

TEST(Session, TimeOut) {
  AgentProcess agent;
  agent.start(1, "idle", {{"duration", "1h"}}, {.timeout_ns = 50 * ms});
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::timed_out);
  agent.start(2, "idle", {{"duration", "100ms"}});
  result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::finished) << "the last order's deadline hit this one";
}

TEST(Session, WorkerEndedByASignal) {
  AgentProcess agent;
  agent.start(1, "idle", {{"duration", "1h"}});
  const int pid = agent.worker_pid();
  ASSERT_GT(pid, 1);
  ::kill(pid, SIGTERM);
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::signalled);
  EXPECT_EQ(result->code(), SIGTERM);
  EXPECT_EQ(result->outcome(), wire::Outcome::none);
  agent.ping(1);
  EXPECT_NE(agent.wait_for(wire::Message::Pong), nullptr);
}

TEST(Session, Samples) {
  AgentProcess agent;
  const auto begin = std::chrono::steady_clock::now();
  agent.start(1, "idle", {{"duration", "400ms"}},
              {.sample_interval_ns = 20 * ms, .sources = {"vmstat", "meminfo"}});
  const auto* names = agent.wait_for(wire::Message::Metrics);
  ASSERT_NE(names, nullptr);
  const std::size_t metrics = names->message_as_Metrics()->metrics()->size();
  EXPECT_GT(metrics, 100U);
  EXPECT_EQ(agent.count(wire::Message::Samples), 0U);
  const auto* batch = agent.wait_for(wire::Message::Samples);
  ASSERT_NE(batch, nullptr);
  const auto& samples = *batch->message_as_Samples();
  EXPECT_EQ(samples.metrics()->size(), metrics);
  EXPECT_EQ(samples.values()->size(), metrics * samples.times()->size());
  EXPECT_TRUE(std::ranges::is_sorted(*samples.times()));
  ASSERT_NE(agent.result(), nullptr);
  EXPECT_GE(agent.ticks(), 8U);
  // One at the start, one at the end, and at most one per interval.
  EXPECT_LE(agent.ticks(), static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin) / 20ms) + 2);
}

TEST(Session, ASlowReaderLosesSamplesAndNoResult) {
  AgentProcess agent;
  ASSERT_NE(agent.wait_for(wire::Message::Hello), nullptr);
  agent.start(1, "channel.flood", {{"bytes", "8M"}}, {.sample_interval_ns = 10 * ms});
  std::this_thread::sleep_for(1200ms);
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->fate(), wire::Fate::finished) << result->reason()->str();
  EXPECT_GT(agent.gaps(), 0U) << "the queue never filled up";
  const auto* heartbeat = agent.wait_for(wire::Message::Heartbeat);
  ASSERT_NE(heartbeat, nullptr);
  EXPECT_EQ(heartbeat->message_as_Heartbeat()->dropped_frames(), agent.gaps());
  EXPECT_GT(heartbeat->message_as_Heartbeat()->dropped_samples(), 0U);
}

TEST(Session, AFloodArrivesWhole) {
  AgentProcess agent;
  agent.start(1, "channel.flood", {{"bytes", "16M"}, {"kind", "events"}});
  const auto* result = agent.result();
  ASSERT_NE(result, nullptr);
  const auto* counter = result->counters()->Get(1);
  ASSERT_EQ(counter->name()->str(), "frames");
  EXPECT_EQ(static_cast<std::uint64_t>(counter->value()), agent.count(wire::Message::Event));
  EXPECT_EQ(agent.gaps(), 0U);
}

TEST(Session, AnInvalidMessageIsLoggedAndIgnored) {
  AgentProcess agent;
  const std::vector<std::byte> junk(100, std::byte{0x5a});
  agent.send_bytes(wire::encode_header(100, 0));
  agent.send_bytes(junk);
  const auto* log = agent.wait_for(wire::Message::Log);
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->message_as_Log()->level(), wire::LogLevel::error);
  agent.ping(5);
  EXPECT_NE(agent.wait_for(wire::Message::Pong), nullptr);
}

TEST(Session, GarbageIsLoggedAndTheRestIgnored) {
  AgentProcess agent;
  const std::vector<std::byte> junk(1 << 20, std::byte{0x5a});
  agent.send_bytes(junk);
  const auto* log = agent.wait_for(wire::Message::Log);
  ASSERT_NE(log, nullptr);
  EXPECT_NE(log->message_as_Log()->text()->str().find("magic"), std::string::npos);
  EXPECT_NE(agent.wait_for(wire::Message::Heartbeat), nullptr) << "the agent does not live on";
  EXPECT_EQ(agent.hang_up(), 0);
}

TEST(Session, AnOrderThatIsTooLongIsNotRead) {
  AgentProcess agent;
  agent.send_bytes(wire::encode_header(1U << 19U, 0));
  const auto* log = agent.wait_for(wire::Message::Log);
  ASSERT_NE(log, nullptr);
  EXPECT_NE(log->message_as_Log()->text()->str().find("longer"), std::string::npos);
}

TEST(Session, AGuestsMessageFromAHostIsIgnored) {
  AgentProcess agent;
  flatbuffers::FlatBufferBuilder builder;
  agent.send_message(builder, wire::Message::Pong, wire::CreatePong(builder, 1, 2).Union());
  const auto* log = agent.wait_for(wire::Message::Log);
  ASSERT_NE(log, nullptr);
  EXPECT_EQ(log->message_as_Log()->level(), wire::LogLevel::warning);
}

TEST(Session, HeartbeatsCome) {
  AgentProcess agent;
  ASSERT_NE(agent.wait_for(wire::Message::Heartbeat), nullptr);
  ASSERT_NE(agent.wait_for(wire::Message::Heartbeat), nullptr);
}

}  // namespace
}  // namespace assay::agent
