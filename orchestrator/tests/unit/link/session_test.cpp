// SPDX-License-Identifier: GPL-2.0-or-later
#include "link/session.hpp"

#include "link/wire_samples.hpp"
#include "running.hpp"

#include <gtest/gtest.h>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include <thread>

namespace assay::link {
namespace {

using namespace std::chrono_literals;

/// A session and the agent's end of its channel.
class SessionTest : public testing::Test {
 protected:
  SessionTest() { asio::local::connect_pair(near_, far_); }

  /// Begins the session under test; before, nothing reads.
  AgentSession& session(Limits limits = {}) {
    if (!session_) {
      session_.emplace(std::move(near_), limits);
    }
    return *session_;
  }

  void write(const sample::Bytes& bytes) { asio::write(far_, asio::buffer(bytes)); }
  void send(const sample::Bytes& payload) { write(sample::framed(payload, sequence_++)); }
  void skip_frames(std::uint32_t count) { sequence_ += count; }
  void hang_up() { far_.close(); }

  Incoming receive(Duration patience = 5s) { return run_on(io_, session().receive(patience)); }

  template <class T>
  T message() {
    auto incoming = receive();
    auto* message = std::get_if<Message>(&incoming);
    if (message == nullptr || !std::holds_alternative<T>(*message)) {
      ADD_FAILURE() << "no such message; " << why(incoming);
      return {};
    }
    return std::get<T>(*message);
  }

  static std::string why(const Incoming& incoming) {
    const auto* broken = std::get_if<Broken>(&incoming);
    return broken != nullptr ? broken->why : fmt::format("not broken, but alternative {}", incoming.index());
  }

  void expect_broken(const std::string& text) {
    EXPECT_NE(why(receive()).find(text), std::string::npos) << why(receive());
    EXPECT_NE(why(receive()).find(text), std::string::npos) << "a broken session stays broken";
  }

  asio::io_context io_;
  AgentSession::Socket near_{io_};
  AgentSession::Socket far_{io_};
  std::uint32_t sequence_ = 0;
  std::optional<AgentSession> session_;
};

TEST_F(SessionTest, HandsOnMessagesInOrder) {
  send(sample::hello());
  send(sample::log("one"));
  send(sample::result(3));
  EXPECT_EQ(message<Hello>().arch, "x86_64");
  EXPECT_EQ(message<Log>().text, "one");
  EXPECT_EQ(message<WorkerResult>().order, 3U);
  EXPECT_EQ(session().lost_frames(), 0U);
  EXPECT_GT(session().received_bytes(), 0U);
}

TEST_F(SessionTest, PutsPiecesTogether) {
  const auto frame = sample::framed(sample::hello(), 0);
  write({frame.begin(), frame.begin() + 5});
  EXPECT_TRUE(std::holds_alternative<Silence>(receive(20ms)));
  write({frame.begin() + 5, frame.end() - 1});
  EXPECT_TRUE(std::holds_alternative<Silence>(receive(20ms)));
  write({frame.end() - 1, frame.end()});
  EXPECT_EQ(message<Hello>().agent, "0.1.0");
}

TEST_F(SessionTest, CallsSilenceSilence) {
  const auto begin = Clock::now();
  EXPECT_TRUE(std::holds_alternative<Silence>(receive(50ms)));
  EXPECT_GE(Clock::now() - begin, 50ms);
}

TEST_F(SessionTest, RefusesGarbage) {
  write(sample::Bytes(100, std::byte{'x'}));
  expect_broken("the guest sent garbage: a frame does not begin with the magic number");
}

TEST_F(SessionTest, RefusesGarbageBehindGoodFrames) {
  send(sample::hello());
  write(sample::Bytes(100, std::byte{'x'}));
  EXPECT_EQ(message<Hello>().cpus, 2U);
  expect_broken("the guest sent garbage");
}

TEST_F(SessionTest, RefusesATooLongFrameAtItsHeader) {
  const auto header = wire::encode_header(wire::max_payload + 1, 0);
  write({header.begin(), header.end()});
  expect_broken("a frame claims to be longer than the limit");
}

TEST_F(SessionTest, RefusesAFrameThatIsNoMessage) {
  send(sample::Bytes(40, std::byte{1}));
  expect_broken("a frame that is not a valid message");
}

TEST_F(SessionTest, RefusesAnythingBeforeHello) {
  send(sample::heartbeat());
  expect_broken("the guest did not begin with hello");
}

TEST_F(SessionTest, RefusesASecondHello) {
  send(sample::hello());
  send(sample::hello());
  EXPECT_EQ(message<Hello>().cpus, 2U);
  expect_broken("the guest said hello twice");
}

TEST_F(SessionTest, RefusesAnotherProtocol) {
  send(sample::hello(wire::protocol_version + 1));
  expect_broken("rebuild both together");
}

TEST_F(SessionTest, CountsGapsInTheSequence) {
  send(sample::hello());
  skip_frames(3);
  send(sample::heartbeat());
  skip_frames(1);
  send(sample::heartbeat());
  static_cast<void>(message<Hello>());
  static_cast<void>(message<Heartbeat>());
  EXPECT_EQ(session().lost_frames(), 3U);
  static_cast<void>(message<Heartbeat>());
  EXPECT_EQ(session().lost_frames(), 4U);
}

TEST_F(SessionTest, LetsTheSequenceWrapAround) {
  sequence_ = 0xffffffff;
  send(sample::hello());
  send(sample::heartbeat());
  static_cast<void>(message<Hello>());
  static_cast<void>(message<Heartbeat>());
  EXPECT_EQ(session().lost_frames(), 0U);
}

TEST_F(SessionTest, RefusesASequenceThatGoesBack) {
  sequence_ = 5;
  send(sample::hello());
  sequence_ = 5;
  send(sample::heartbeat());
  static_cast<void>(message<Hello>());
  expect_broken("frame 5 came after frame 5");
}

TEST_F(SessionTest, RefusesAFloodOfEachKind) {
  Limits limits;
  limits.events = 3;
  session(limits);
  send(sample::hello());
  static_cast<void>(message<Hello>());
  for (int i = 0; i < 4; ++i) {
    send(sample::event(1, "again"));
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(message<Event>().name, "again");
  }
  expect_broken("the guest floods the channel: more than 3 events");
}

TEST_F(SessionTest, CountsLogBytesAndSampleValues) {
  Limits limits;
  limits.log_bytes = 1000;
  limits.sample_values = 3;
  session(limits);
  send(sample::hello());
  send(sample::log(std::string(900, 'x')));
  send(sample::samples(1, {1, 2}, {3, 4}, {5, 6, 7, 8}));
  static_cast<void>(message<Hello>());
  static_cast<void>(message<Log>());
  expect_broken("more than 3 sampled values");
}

TEST_F(SessionTest, CountsBytesOfOutput) {
  Limits limits;
  limits.output_bytes = 1000;
  session(limits);
  send(sample::hello());
  send(sample::output(1, wire::Stream::out, std::string(900, 'x')));
  send(sample::output(1, wire::Stream::err, std::string(900, 'x')));
  static_cast<void>(message<Hello>());
  static_cast<void>(message<Output>());
  expect_broken("more than 1000 bytes of output");
}

TEST_F(SessionTest, CountsAnewForTheNextOrder) {
  Limits limits;
  limits.small_frames = 2;
  session(limits);
  send(sample::hello());
  send(sample::heartbeat());
  static_cast<void>(message<Hello>());
  static_cast<void>(message<Heartbeat>());
  session().reset_limits();
  send(sample::heartbeat());
  send(sample::heartbeat());
  send(sample::heartbeat());
  static_cast<void>(message<Heartbeat>());
  static_cast<void>(message<Heartbeat>());
  expect_broken("more than 2 messages");
}

TEST_F(SessionTest, GivesUpOnAFrameThatDoesNotGoOn) {
  Limits limits;
  limits.stall = 100ms;
  session(limits);
  send(sample::hello());
  static_cast<void>(message<Hello>());
  const auto frame = sample::framed(sample::heartbeat(), 1);
  write({frame.begin(), frame.begin() + 20});
  const auto begin = Clock::now();
  expect_broken("stopped in the middle of a frame: 20 bytes came");
  EXPECT_LT(Clock::now() - begin, 4s);
}

TEST_F(SessionTest, DoesNotCallAQuietGuestStalled) {
  Limits limits;
  limits.stall = 20ms;
  session(limits);
  send(sample::hello());
  static_cast<void>(message<Hello>());
  EXPECT_TRUE(std::holds_alternative<Silence>(receive(100ms)));
}

TEST_F(SessionTest, SaysThatTheFarEndIsGone) {
  send(sample::hello());
  hang_up();
  static_cast<void>(message<Hello>());
  EXPECT_TRUE(std::holds_alternative<Closed>(receive()));
  EXPECT_TRUE(std::holds_alternative<Closed>(receive())) << "closed stays closed";
}

TEST_F(SessionTest, WakeInterruptsTheCurrentReceive) {
  asio::steady_timer timer(io_, 50ms);
  timer.async_wait([this](auto) { session().wake(); });
  const auto begin = Clock::now();
  EXPECT_TRUE(std::holds_alternative<Woken>(receive(10s)));
  EXPECT_LT(Clock::now() - begin, 5s);
  send(sample::hello());
  EXPECT_EQ(message<Hello>().cpus, 2U) << "the session goes on after it was woken";
}

TEST_F(SessionTest, WakeIsKeptForTheNextReceive) {
  session().wake();
  EXPECT_TRUE(std::holds_alternative<Woken>(receive(10s)));
  EXPECT_TRUE(std::holds_alternative<Silence>(receive(10ms))) << "once";
}

TEST_F(SessionTest, WakeLosesNoBytes) {
  send(sample::hello());
  session().wake();
  EXPECT_TRUE(std::holds_alternative<Woken>(receive()));
  EXPECT_EQ(message<Hello>().cpus, 2U);
}

TEST_F(SessionTest, WakeDoesNotDisturbAnOrderThatIsBeingSent) {
  Input input;
  input.bytes = std::string(std::size_t{1} << 20U, 'x');  // more than the socket takes at once
  std::size_t received = 0;
  sample::Bytes bytes(std::size_t{1} << 16U);
  asio::steady_timer timer(io_, 50ms);
  std::jthread reader;
  timer.async_wait([&](auto) {
    session().wake();
    reader = std::jthread([&] {
      while (received < input.bytes.size()) {
        received += far_.read_some(asio::buffer(bytes));
      }
    });
  });
  const auto sent = run_on(io_, session().send(input));
  EXPECT_TRUE(sent) << (sent ? "" : sent.error().text());
}

TEST_F(SessionTest, SendsOrdersWithGrowingSequence) {
  for (const std::uint64_t order : {7U, 8U}) {
    ASSERT_TRUE(run_on(io_, session().send(Stop{order})));
  }
  sample::Bytes bytes(4096);
  wire::Decoder decoder;
  decoder.feed(std::span(bytes).first(far_.read_some(asio::buffer(bytes))));
  wire::FrameView frame;
  for (const std::uint32_t i : {0U, 1U}) {
    ASSERT_TRUE(decoder.next(frame));
    EXPECT_EQ(frame.sequence, i);
    EXPECT_EQ(wire::GetFrame(frame.payload.data())->message_as_Stop()->order(), 7U + i);
  }
}

TEST_F(SessionTest, TheLastWordsOfAFarEndThatIsGoneComeBeforeItsEnd) {
  send(sample::hello());
  hang_up();
  EXPECT_TRUE(run_on(io_, session().send(Stop{1})));
  static_cast<void>(message<Hello>());
  EXPECT_TRUE(std::holds_alternative<Closed>(receive()));
}

TEST_F(SessionTest, CannotSendToAGuestThatDoesNotRead) {
  Start huge;
  huge.workload = std::string(std::size_t{8} << 20U, 'x');
  const auto sent = run_on(io_, session().send(huge));
  ASSERT_FALSE(sent);
  EXPECT_NE(sent.error().text().find("no answer within 5.0 s"), std::string::npos) << sent.error().text();
}

}  // namespace
}  // namespace assay::link
