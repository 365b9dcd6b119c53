// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "link/messages.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// A batch of samples as the bytes that one row of the table sample_block keeps. Layout, byte by byte; a
/// varint is 7 bits per byte, the least significant first, the high bit set on all bytes but the last
/// (LEB128); zigzag is (n << 1) ^ (n >> 63); differences wrap at 64 bits:
///
///     u8      1, the layout's version
///     varint  T, times
///     varint  M, columns
///     varint  bytes of the time column, then T varints: zigzag of the difference to the time before (first:
///     to 0) M times:
///       varint  the metric's id
///       varint  bytes of the column, then T varints: zigzag of the difference to the value before (first: to
///       0)
namespace assay::store {

/// `batch.values` must have one value for each time and metric.
[[nodiscard]] std::string encode_block(const link::SampleBatch& batch);

/// Whether a column of this metric shall be decoded.
using WantsMetric = std::function<bool(std::uint32_t metric)>;

/// The columns of the block that `wants` names. Never reads beyond the bytes, whatever they are.
/// Error: infrastructure, says what is wrong with the block.
[[nodiscard]] Result<link::SampleBatch> decode_block(std::string_view bytes, const WantsMetric& wants);

}  // namespace assay::store
