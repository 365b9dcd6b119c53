// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace assay::wire {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  std::ranges::transform(values, std::back_inserter(bytes),
                         [](unsigned v) { return static_cast<std::byte>(v); });
  return bytes;
}

std::vector<std::byte> frame_of(std::string_view payload, std::uint32_t sequence) {
  const auto header = encode_header(static_cast<std::uint32_t>(payload.size()), sequence);
  std::vector<std::byte> frame(header.size() + payload.size());
  std::ranges::copy(header, frame.begin());
  std::ranges::transform(payload, frame.begin() + header_size,
                         [](char c) { return static_cast<std::byte>(c); });
  return frame;
}

std::string text_of_payload(const FrameView& frame) {
  return {reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size()};
}

TEST(Frame, HeaderIsLittleEndianOnEveryMachine) {
  const auto header = encode_header(0x00010203, 0xa0b0c0d0);
  const auto golden = bytes_of({'A', 'S', 'Y', '1', 3, 2, 1, 0, 0xd0, 0xc0, 0xb0, 0xa0});
  EXPECT_TRUE(std::ranges::equal(header, golden));
}

TEST(Frame, WholeAtAnySplit) {
  auto stream = frame_of("first", 7);
  std::ranges::copy(frame_of("the second", 8), std::back_inserter(stream));
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Decoder decoder;
    FrameView frame;
    std::vector<std::string> got;
    for (const auto part : {std::span(stream).first(cut), std::span(stream).subspan(cut)}) {
      decoder.feed(part);
      while (decoder.next(frame)) {
        got.push_back(text_of_payload(frame) + " " + std::to_string(frame.sequence));
      }
    }
    EXPECT_EQ(got, (std::vector<std::string>{"first 7", "the second 8"})) << "cut at " << cut;
    EXPECT_EQ(decoder.pending(), 0U);
    EXPECT_EQ(decoder.fault(), Fault::none);
  }
}

TEST(Frame, ByteByByte) {
  Decoder decoder;
  FrameView frame;
  const auto stream = frame_of("slowly", 0);
  for (std::size_t i = 0; i < stream.size(); ++i) {
    decoder.feed(std::span(stream).subspan(i, 1));
    EXPECT_EQ(decoder.next(frame), i + 1 == stream.size());
  }
  EXPECT_EQ(text_of_payload(frame), "slowly");
}

struct Broken {
  const char* name;
  std::vector<std::byte> bytes;
  Fault fault;
};

TEST(Frame, FaultsAreFinal) {
  const std::vector<Broken> cases{
      {"bad magic", bytes_of({'A', 'S', 'Y', '2', 1, 0, 0, 0, 0, 0, 0, 0, 1}), Fault::bad_magic},
      {"too long", bytes_of({'A', 'S', 'Y', '1', 1, 0, 16, 0, 0, 0, 0, 0}), Fault::too_long},
      {"longest of all", bytes_of({'A', 'S', 'Y', '1', 255, 255, 255, 255, 0, 0, 0, 0}), Fault::too_long},
      {"empty", bytes_of({'A', 'S', 'Y', '1', 0, 0, 0, 0, 0, 0, 0, 0}), Fault::empty},
  };
  for (const auto& one : cases) {
    Decoder decoder;
    FrameView frame;
    decoder.feed(one.bytes);
    EXPECT_FALSE(decoder.next(frame)) << one.name;
    EXPECT_EQ(decoder.fault(), one.fault) << one.name;
    decoder.feed(frame_of("good again", 1));
    EXPECT_FALSE(decoder.next(frame)) << one.name;
    decoder.reset();
    decoder.feed(frame_of("good again", 1));
    EXPECT_TRUE(decoder.next(frame)) << one.name;
    EXPECT_FALSE(text_of(one.fault).empty());
  }
}

TEST(Frame, LimitOfTheReader) {
  FrameView frame;
  Decoder decoder(8);
  decoder.feed(frame_of("12345678", 0));
  EXPECT_TRUE(decoder.next(frame));
  decoder.feed(frame_of("123456789", 1));
  EXPECT_FALSE(decoder.next(frame));
  EXPECT_EQ(decoder.fault(), Fault::too_long);
}

TEST(Frame, LongestIsAccepted) {
  Decoder decoder;
  FrameView frame;
  decoder.feed(frame_of(std::string(max_payload, 'x'), 3));
  ASSERT_TRUE(decoder.next(frame));
  EXPECT_EQ(frame.payload.size(), max_payload);
}

}  // namespace
}  // namespace assay::wire
