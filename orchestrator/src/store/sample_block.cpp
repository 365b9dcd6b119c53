// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sample_block.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>

namespace assay::store {
namespace {

constexpr std::uint8_t layout_version = 1;

constexpr std::size_t longest_varint = 10;

/// Writes at most longest_varint bytes to `to` and returns where they end.
char* put_varint(char* to, std::uint64_t value) {
  while (value >= 0x80U) {
    *to++ = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  *to++ = static_cast<char>(value);
  return to;
}

void put_varint(std::string& out, std::uint64_t value) {
  std::array<char, longest_varint> bytes{};
  out.append(bytes.data(), static_cast<std::size_t>(put_varint(bytes.data(), value) - bytes.data()));
}

std::uint64_t zigzag(std::uint64_t difference) { return (difference << 1U) ^ (0U - (difference >> 63U)); }

std::uint64_t unzigzag(std::uint64_t code) { return (code >> 1U) ^ (0U - (code & 1U)); }

template <class T>
void put_column(std::string& out, std::span<const T> column, std::vector<char>& scratch) {
  scratch.resize(column.size() * longest_varint);
  char* end = scratch.data();
  std::uint64_t before = 0;
  for (const T value : column) {
    const auto now = static_cast<std::uint64_t>(value);
    end = put_varint(end, zigzag(now - before));
    before = now;
  }
  const auto size = static_cast<std::size_t>(end - scratch.data());
  put_varint(out, size);
  out.append(scratch.data(), size);
}

/// Takes a block apart; after the first mistake every further read says "no".
class BlockReader {
 public:
  explicit BlockReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::uint8_t> byte() {
    if (bytes_.empty()) {
      return std::nullopt;
    }
    const auto first = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto next = byte();
      if (!next) {
        return std::nullopt;
      }
      value |= static_cast<std::uint64_t>(*next & 0x7fU) << shift;
      if ((*next & 0x80U) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }

  std::optional<std::string_view> counted_bytes() {
    const auto size = varint();
    if (!size || *size > bytes_.size()) {
      return std::nullopt;
    }
    const auto part = bytes_.substr(0, *size);
    bytes_.remove_prefix(*size);
    return part;
  }

  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

/// Appends `count` numbers; false when the column has more or fewer. Most of what reading samples costs.
template <class T>
bool read_column(std::string_view column, std::size_t count, std::vector<T>& out) {
  if (column.size() < count) {
    return false;
  }
  auto place = out.size();
  out.resize(place + count);
  std::size_t at = 0;
  std::uint64_t now = 0;
  for (; place < out.size(); ++place) {
    std::uint64_t code = 0;
    std::uint64_t next = 0x80U;
    for (unsigned shift = 0; (next & 0x80U) != 0; shift += 7) {
      if (at == column.size() || shift > 63) {
        return false;
      }
      next = static_cast<std::uint8_t>(column[at++]);
      code |= (next & 0x7fU) << shift;
    }
    now += unzigzag(code);
    out[place] = static_cast<T>(now);
  }
  return at == column.size();
}

Error damaged(std::string_view what) {
  return fail(Failure::infrastructure, "a block of samples is damaged: {}", what);
}

bool read_metric(BlockReader& reader, std::size_t times, const WantsMetric& wants, link::SampleBatch& batch) {
  const auto metric = reader.varint();
  const auto column = reader.counted_bytes();
  if (!metric || *metric > std::numeric_limits<std::uint32_t>::max() || !column) {
    return false;
  }
  const auto id = static_cast<std::uint32_t>(*metric);
  if (!wants(id)) {
    return true;
  }
  batch.metrics.push_back(id);
  return read_column(*column, times, batch.values);
}

}  // namespace

std::string encode_block(const link::SampleBatch& batch) {
  const auto times = batch.times.size();
  std::string out;
  out.reserve(16 + 2 * (times + batch.values.size()) + 4 * batch.metrics.size());
  std::vector<char> scratch;
  out += static_cast<char>(layout_version);
  put_varint(out, times);
  put_varint(out, batch.metrics.size());
  put_column(out, std::span<const std::uint64_t>(batch.times), scratch);
  const std::span<const std::int64_t> values(batch.values);
  for (std::size_t m = 0; m < batch.metrics.size(); ++m) {
    put_varint(out, batch.metrics[m]);
    put_column(out, values.subspan(m * times, times), scratch);
  }
  return out;
}

Result<link::SampleBatch> decode_block(std::string_view bytes, const WantsMetric& wants) {
  BlockReader reader(bytes);
  if (const auto version = reader.byte(); version != layout_version) {
    return damaged("it does not begin with layout version 1");
  }
  const auto times = reader.varint();
  const auto metrics = reader.varint();
  // Each time takes a byte at least and each column two: larger numbers are not worth an allocation.
  if (!times || !metrics || *times > reader.left() || *metrics > reader.left() / 2) {
    return damaged("it announces more samples than it has bytes");
  }
  link::SampleBatch batch;
  batch.times.reserve(*times);
  if (const auto column = reader.counted_bytes(); !column || !read_column(*column, *times, batch.times)) {
    return damaged("its times end early");
  }
  for (std::uint64_t m = 0; m < *metrics; ++m) {
    if (!read_metric(reader, *times, wants, batch)) {
      return damaged(fmt::format("column {} of {} does not fit", m + 1, *metrics));
    }
  }
  if (!reader.at_end()) {
    return damaged(fmt::format("{} bytes follow its last column", reader.left()));
  }
  return batch;
}

}  // namespace assay::store
