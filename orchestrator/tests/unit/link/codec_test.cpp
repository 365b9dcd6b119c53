// SPDX-License-Identifier: GPL-2.0-or-later
#include "link/codec.hpp"

#include "link/wire_samples.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace assay::link {
namespace {

/// The message of a type; a test failure when it is another or an error.
template <class T>
T decoded(const sample::Bytes& payload) {
  auto message = decode(payload);
  EXPECT_TRUE(message) << (message ? "" : message.error().text());
  if (!message || !std::holds_alternative<T>(*message)) {
    ADD_FAILURE() << "not the message that was sent";
    return {};
  }
  return std::get<T>(*message);
}

std::string refusal(const sample::Bytes& payload) {
  const auto message = decode(payload);
  EXPECT_FALSE(message);
  return message ? "" : message.error().text();
}

TEST(Decode, Hello) {
  const auto hello = decoded<Hello>(sample::hello());
  EXPECT_EQ(hello.protocol, wire::protocol_version);
  EXPECT_EQ(hello.kernel_release, "6.12.117");
  EXPECT_EQ(hello.page_size, 4096U);
  EXPECT_EQ(hello.memory, 536870912U);
  ASSERT_EQ(hello.capabilities.size(), 2U);
  EXPECT_TRUE(hello.capabilities[0].available);
  EXPECT_EQ(hello.capabilities[1].detail, "No such file or directory");
}

TEST(Decode, SamplesColumnAfterColumn) {
  const auto samples = decoded<Samples>(sample::samples(9, {1000, 2000, 3000}, {0, 7}, {1, 2, 3, -4, 5, 6}));
  EXPECT_EQ(samples.order, 9U);
  EXPECT_EQ(samples.batch.times.size(), 3U);
  EXPECT_EQ(samples.batch.metrics, (std::vector<std::uint32_t>{0, 7}));
  EXPECT_EQ(samples.batch.values[3], -4);
}

TEST(Decode, ResultWithCountersAndChecks) {
  const auto result = decoded<WorkerResult>(
      sample::result(5, {wire::Fate::signalled, wire::Outcome::none, "died", false, 11}));
  EXPECT_EQ(result.order, 5U);
  EXPECT_EQ(result.fate, Fate::signalled);
  EXPECT_EQ(result.outcome, WorkOutcome::none);
  EXPECT_EQ(result.code, 11);
  EXPECT_EQ(result.reason, "died");
  ASSERT_EQ(result.counters.size(), 1U);
  EXPECT_EQ(result.counters[0].value, 4096);
  ASSERT_EQ(result.checks.size(), 1U);
  EXPECT_FALSE(result.checks[0].ok);
  EXPECT_EQ(result.end_ns - result.begin_ns, 2000U);
}

TEST(Decode, SmallOnes) {
  EXPECT_EQ(decoded<Heartbeat>(sample::heartbeat(3, 4)).dropped_samples, 4U);
  EXPECT_EQ(decoded<Log>(sample::log("so so")).level, "warning");
  const auto answer = decoded<KernelLogAnswer>(sample::kernel_log_answer(8, {true, false}));
  EXPECT_EQ(answer.by_kernel, std::vector({true, false}));
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(decoded<Event>(sample::event(2, "begin")).value, -1);
  EXPECT_EQ(decoded<Metrics>(sample::metrics(2)).metrics.at(1).name, "vmstat.pgmajfault");
}

TEST(Decode, RefusesSamplesOfAWrongShape) {
  EXPECT_EQ(refusal(sample::samples(9, {1000, 2000}, {0, 7}, {1, 2, 3})),
            "the guest sent samples of a wrong shape: 2 times x 2 metrics, 3 values");
  EXPECT_NE(refusal(sample::samples(9, {}, {0}, {1})).find("wrong shape"), std::string::npos);
  EXPECT_NE(refusal(sample::samples(9, {1000}, {0}, {1, 2})).find("wrong shape"), std::string::npos);
}

TEST(Decode, TakesSamplesOfNothing) {
  EXPECT_TRUE(decoded<Samples>(sample::samples(9, {}, {0, 1}, {})).batch.values.empty());
}

TEST(Decode, RefusesUnknownFatesAndOutcomes) {
  EXPECT_NE(refusal(sample::result(1, {static_cast<wire::Fate>(99)})).find("unknown fate 99"),
            std::string::npos);
  EXPECT_NE(refusal(sample::result(1, {static_cast<wire::Fate>(-1)})).find("unknown fate -1"),
            std::string::npos);
  EXPECT_NE(refusal(sample::result(1, {wire::Fate::finished, static_cast<wire::Outcome>(4)})).find('4'),
            std::string::npos);
}

TEST(Decode, RefusesWhatOnlyAHostMaySend) {
  for (const auto& order :
       {Order(Start{}), Order(Stop{1}), Order(PowerOff{}), Order(Ping{1}), Order(KernelLogQuery{1, {"a"}})}) {
    auto frame = encode(order, 0);
    frame.erase(frame.begin(), frame.begin() + wire::header_size);
    EXPECT_NE(refusal(frame).find("which no guest may send"), std::string::npos) << order.index();
  }
}

TEST(Decode, RefusesEveryTruncation) {
  const auto whole = sample::result(5);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode(std::span(whole).first(size))) << size;
  }
}

TEST(Decode, SurvivesEveryChangedByte) {
  for (const auto& whole : {sample::hello(), sample::samples(9, {1, 2}, {3}, {4, 5}), sample::result(5)}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int bits : {0x01, 0x80, 0xff}) {
        auto hostile = whole;
        hostile[at] ^= static_cast<std::byte>(bits);
        const auto message = decode(hostile);  // a sanitised build sees reads out of bounds
        if (message && std::holds_alternative<Samples>(*message)) {
          const auto& batch = std::get<Samples>(*message).batch;
          EXPECT_EQ(batch.values.size(), batch.times.size() * batch.metrics.size());
        }
      }
    }
  }
}

TEST(Decode, ProgramsAndFiles) {
  const auto output = decoded<Output>(sample::output(9, wire::Stream::err, std::string("a\0b", 3)));
  EXPECT_EQ(output.order, 9U);
  EXPECT_EQ(output.stream, Stream::err);
  EXPECT_EQ(output.bytes, std::string("a\0b", 3));
  EXPECT_EQ(decoded<Taken>(sample::taken(9, 2)).inputs, 2U);
  const auto ended = decoded<Ended>(sample::ended(9, wire::ProgramEnd::signalled, 11));
  EXPECT_EQ(ended.how, ProgramEnd::signalled);
  EXPECT_EQ(ended.code, 11);
  EXPECT_EQ(ended.reason, "why");
  EXPECT_EQ(decoded<FilesDone>(sample::files_done(9, "00ff")).sha256, "00ff");
  const std::string odd("a\nb\xff", 4);
  const auto files = decoded<Files>(sample::file(9, wire::FileKind::regular, odd, std::string("a\0b", 3)));
  ASSERT_EQ(files.entries.size(), 1U);
  EXPECT_TRUE(files.end);
  const auto& entry = files.entries.front();
  EXPECT_EQ(entry.kind, FileKind::regular);
  EXPECT_EQ(entry.path, odd);
  EXPECT_EQ(entry.mode, 0755U);
  EXPECT_EQ(entry.mtime_ns, 5);
  EXPECT_EQ(entry.target, "");
  EXPECT_EQ(entry.device_minor, 2U);
  EXPECT_EQ(entry.bytes, std::string("a\0b", 3));
}

TEST(Decode, RefusesKindsThatDoNotExist) {
  EXPECT_EQ(refusal(sample::output(9, static_cast<wire::Stream>(7), "x")),
            "the guest sent output of an unknown stream 7");
  EXPECT_EQ(refusal(sample::ended(9, static_cast<wire::ProgramEnd>(-1), 0)),
            "the guest sent a program's end of an unknown kind -1");
  EXPECT_EQ(refusal(sample::file(9, static_cast<wire::FileKind>(99), "x", "")),
            "the guest sent a file of an unknown kind 99");
}

TEST(Decode, RefusesBytesThatAreNoMessage) {
  EXPECT_FALSE(decode({}));
  EXPECT_EQ(refusal(sample::Bytes(64, std::byte{0xff})),
            "the guest sent a frame that is not a valid message");
}

/// The frame of an order as the agent reads it; `bytes` must live on.
const wire::Frame* read_by_agent(const std::vector<std::byte>& bytes) {
  const auto* payload = reinterpret_cast<const std::uint8_t*>(bytes.data()) + wire::header_size;
  flatbuffers::Verifier verifier(payload, bytes.size() - wire::header_size);
  return wire::VerifyFrameBuffer(verifier) ? wire::GetFrame(payload) : nullptr;
}

TEST(Encode, ProgramsAndFiles) {
  RunProgram program;
  program.order = 7;
  program.arguments = {"/bin/x", "-v"};
  program.environment = {"A=b"};
  program.timeout_ns = 5;
  program.terminal = true;
  program.merged = true;
  program.size = {40, 120};
  program.user = "nobody:7";
  auto bytes = encode(program, 0);
  const auto* run = read_by_agent(bytes)->message_as_RunProgram();
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->order(), 7U);
  EXPECT_EQ(run->arguments()->Get(1)->str(), "-v");
  EXPECT_EQ(run->environment()->Get(0)->str(), "A=b");
  EXPECT_EQ(run->timeout_ns(), 5U);
  EXPECT_FALSE(run->input());
  EXPECT_TRUE(run->terminal());
  EXPECT_EQ(run->rows(), 40U);
  EXPECT_EQ(run->columns(), 120U);
  EXPECT_TRUE(run->merged());
  EXPECT_EQ(run->user()->str(), "nobody:7");

  bytes = encode(Input{8, std::string(wire::most_bytes, 'x'), true}, 0);
  const auto* input = read_by_agent(bytes)->message_as_Input();
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input->bytes()->size(), wire::most_bytes);
  EXPECT_TRUE(input->end());
  EXPECT_LT(bytes.size(), 60U << 10U) << "the agent takes no longer orders";

  bytes = encode(StoreFiles{9}, 0);
  EXPECT_EQ(read_by_agent(bytes)->message_as_StoreFiles()->order(), 9U);
  bytes = encode(FetchFiles{9, "/a/b"}, 0);
  EXPECT_EQ(read_by_agent(bytes)->message_as_FetchFiles()->path()->str(), "/a/b");
  bytes = encode(Files{9, {{FileKind::link, "/a", 0777, -5, "b", 0, 0, ""}}, true}, 0);
  const auto* files = read_by_agent(bytes)->message_as_Files();
  ASSERT_NE(files, nullptr);
  EXPECT_EQ(files->entries()->Get(0)->kind(), wire::FileKind::link);
  EXPECT_EQ(files->entries()->Get(0)->mtime_ns(), -5);
  EXPECT_EQ(files->entries()->Get(0)->target()->str(), "b");
  EXPECT_TRUE(files->end());
  bytes = encode(Unread{9, Stream::err}, 0);
  EXPECT_EQ(read_by_agent(bytes)->message_as_Unread()->stream(), wire::Stream::err);
  bytes = encode(Resize{9, {1, 2}}, 0);
  EXPECT_EQ(read_by_agent(bytes)->message_as_Resize()->columns(), 2U);
}

TEST(Encode, GivesAFrameThatTheAgentUnderstands) {
  const Start start{7, "fault.shared", 42, {{"pages", "512"}}, 10'000'000, {"vmstat"}, 60'000'000'000};
  const auto bytes = encode(start, 3);
  wire::Decoder decoder;
  decoder.feed(bytes);
  wire::FrameView frame;
  ASSERT_TRUE(decoder.next(frame));
  EXPECT_EQ(frame.sequence, 3U);
  EXPECT_EQ(decoder.pending(), 0U);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(frame.payload.data()),
                                 frame.payload.size());
  ASSERT_TRUE(wire::VerifyFrameBuffer(verifier));
  const auto* order = wire::GetFrame(frame.payload.data())->message_as_Start();
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->order(), 7U);
  EXPECT_EQ(order->workload()->str(), "fault.shared");
  EXPECT_EQ(order->seed(), 42U);
  ASSERT_EQ(order->parameters()->size(), 1U);
  EXPECT_EQ(order->parameters()->Get(0)->value()->str(), "512");
  EXPECT_EQ(order->sources()->Get(0)->str(), "vmstat");
  EXPECT_EQ(order->timeout_ns(), 60'000'000'000U);
}

}  // namespace
}  // namespace assay::link
