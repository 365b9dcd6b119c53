// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sample_block.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace assay::store {
namespace {

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

bool all(std::uint32_t /*metric*/) { return true; }

void expect_round_trip(const link::SampleBatch& batch) {
  const auto read = decode_block(encode_block(batch), all);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->times, batch.times);
  EXPECT_EQ(read->metrics, batch.metrics);
  EXPECT_EQ(read->values, batch.values);
}

TEST(SampleBlock, HasTheDocumentedBytes) {
  const std::string expected("\x01\x02\x01\x03\xac\x02\x02\x05\x02\x01\x0a", 11);
  EXPECT_EQ(encode_block({{150, 151}, {5}, {-1, 4}}), expected);
}

TEST(SampleBlock, KeepsExtremes) {
  expect_round_trip({{}, {}, {}});
  expect_round_trip({{1, 2}, {}, {}});
  expect_round_trip({{}, {1, 2}, {}});
  expect_round_trip({{std::numeric_limits<std::uint64_t>::max(), 0, 1},
                     {0, std::numeric_limits<std::uint32_t>::max()},
                     {least, most, 0, most, least, -1}});
}

TEST(SampleBlock, KeepsRandomNumbersOfAllSizes) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    link::SampleBatch batch;
    batch.times.resize(random() % 20);
    batch.metrics.resize(random() % 20);
    batch.values.resize(batch.times.size() * batch.metrics.size());
    const auto any = [&] { return random() >> (random() % 64); };
    for (auto& time : batch.times) {
      time = any();
    }
    for (auto& metric : batch.metrics) {
      metric = static_cast<std::uint32_t>(any());
    }
    for (auto& value : batch.values) {
      value = static_cast<std::int64_t>(any());
    }
    expect_round_trip(batch);
  }
}

TEST(SampleBlock, DecodesOnlyTheWantedColumns) {
  const auto bytes = encode_block({{1, 2}, {3, 4, 5}, {30, 31, 40, 41, 50, 51}});
  const auto read = decode_block(bytes, [](std::uint32_t metric) { return metric == 4; });
  ASSERT_TRUE(read);
  EXPECT_EQ(read->metrics, std::vector<std::uint32_t>{4});
  EXPECT_EQ(read->values, (std::vector<std::int64_t>{40, 41}));
}

TEST(SampleBlock, TakesFewBytesForSlowlyChangingCounters) {
  link::SampleBatch batch;
  for (std::uint64_t t = 0; t < 16; ++t) {
    batch.times.push_back(5'000'000'000 + t * 10'000'000);
  }
  for (std::uint32_t m = 0; m < 200; ++m) {
    batch.metrics.push_back(m);
    for (std::int64_t t = 0; t < 16; ++t) {
      batch.values.push_back(std::int64_t{1'000'000} * m + 20 * t);
    }
  }
  EXPECT_LT(encode_block(batch).size(), 2 * batch.values.size());
}

TEST(SampleBlock, RefusesEveryTruncationAndTrailingBytes) {
  const auto whole = encode_block({{1, 2, 1000}, {3, 400}, {30, 31, -32, least, 41, most}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_block(std::string_view(whole).substr(0, size), all)) << size;
  }
  EXPECT_EQ(decode_block(whole + '\0', all).error().text(),
            "a block of samples is damaged: 1 bytes follow its last column");
}

TEST(SampleBlock, RefusesAbsurdNumbersWithoutAllocatingForThem) {
  const std::string huge("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x00", 12);
  EXPECT_EQ(decode_block(huge, all).error().text(),
            "a block of samples is damaged: it announces more samples than it has bytes");
  EXPECT_EQ(decode_block("\x02", all).error().text(),
            "a block of samples is damaged: it does not begin with layout version 1");
}

TEST(SampleBlock, SurvivesRandomDamage) {
  const auto whole = encode_block({{1, 2, 1000}, {3, 400}, {30, 31, -32, least, 41, most}});
  std::mt19937_64 random(2);
  for (int round = 0; round < 20000; ++round) {
    auto damaged = whole;
    for (std::size_t flips = 1 + random() % 4; flips > 0; --flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    const auto read = decode_block(damaged, all);
    if (read) {
      EXPECT_EQ(read->values.size(), read->times.size() * read->metrics.size());
    }
  }
}

}  // namespace
}  // namespace assay::store
