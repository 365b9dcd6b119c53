// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/outbox.hpp"

#include "frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace assay::agent {
namespace {

std::vector<std::byte> payload_of(std::size_t size, unsigned fill) {
  return std::vector<std::byte>(size, static_cast<std::byte>(fill));
}

/// Takes everything out, `step` bytes at a time, and gives the sequence numbers of the frames.
std::vector<std::uint32_t> read_all(Outbox& outbox, std::size_t step) {
  wire::Decoder decoder;
  std::vector<std::uint32_t> sequences;
  while (!outbox.empty()) {
    const auto bytes = outbox.front().first(std::min(step, outbox.front().size()));
    decoder.feed(bytes);
    outbox.pop(bytes.size());
    wire::FrameView frame;
    while (decoder.next(frame)) {
      sequences.push_back(frame.sequence);
      EXPECT_TRUE(std::ranges::all_of(frame.payload, [&](std::byte b) { return b == frame.payload[0]; }));
    }
  }
  EXPECT_EQ(decoder.fault(), wire::Fault::none);
  EXPECT_EQ(decoder.pending(), 0U);
  return sequences;
}

TEST(Outbox, WrapsAround) {
  Outbox outbox(1000);
  std::uint32_t expected = 0;
  for (int round = 0; round < 50; ++round) {
    EXPECT_TRUE(outbox.push(payload_of(100, 1), Urgency::sample));
    EXPECT_TRUE(outbox.push(payload_of(211, 2), Urgency::sample));
    EXPECT_EQ(read_all(outbox, 7), (std::vector<std::uint32_t>{expected, expected + 1}));
    expected += 2;
  }
  EXPECT_EQ(outbox.dropped(), 0U);
}

TEST(Outbox, SamplesGoFirstAnswersLast) {
  Outbox outbox(1600);  // a quarter is kept from samples, an eighth from reports
  while (outbox.push(payload_of(88, 1), Urgency::sample)) {
  }
  EXPECT_EQ(outbox.dropped(), 1U);
  EXPECT_TRUE(outbox.push(payload_of(88, 2), Urgency::report));
  EXPECT_TRUE(outbox.push(payload_of(88, 2), Urgency::report));
  EXPECT_FALSE(outbox.push(payload_of(88, 2), Urgency::report));
  EXPECT_TRUE(outbox.push(payload_of(188, 3), Urgency::answer));
  EXPECT_FALSE(outbox.push(payload_of(1, 3), Urgency::answer));
  EXPECT_EQ(outbox.dropped(), 3U);
}

TEST(Outbox, ADropLeavesAGap) {
  Outbox outbox(1600);
  ASSERT_TRUE(outbox.push(payload_of(1000, 1), Urgency::sample));
  EXPECT_FALSE(outbox.push(payload_of(1000, 1), Urgency::sample));
  EXPECT_TRUE(outbox.push(payload_of(10, 2), Urgency::answer));
  EXPECT_EQ(read_all(outbox, 4096), (std::vector<std::uint32_t>{0, 2}));
}

TEST(Outbox, ANewReaderStartsAtZero) {
  Outbox outbox(1600);
  outbox.push(payload_of(10, 1), Urgency::answer);
  outbox.pop(5);
  outbox.reset();
  outbox.push(payload_of(10, 2), Urgency::answer);
  EXPECT_EQ(read_all(outbox, 4096), (std::vector<std::uint32_t>{0}));
}

}  // namespace
}  // namespace assay::agent
