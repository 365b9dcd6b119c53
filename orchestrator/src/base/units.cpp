// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace assay {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array byte_units{Unit{"", 1}, Unit{"K", 1ULL << 10U}, Unit{"M", 1ULL << 20U},
                                Unit{"G", 1ULL << 30U}, Unit{"T", 1ULL << 40U}};
constexpr std::array time_units{Unit{"us", 1'000}, Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000},
                                Unit{"min", 60'000'000'000}, Unit{"h", 3'600'000'000'000}};

/// "<digits><unit>" in the base unit, or nothing when it is not of that form or does not fit.
template <std::size_t N>
bool parse_quantity(std::string_view text, const std::array<Unit, N>& units, std::uint64_t& out) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) {
    return false;
  }
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& known : units) {
    if (unit == known.name) {
      return !__builtin_mul_overflow(number, known.factor, &out);
    }
  }
  return false;
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  std::uint64_t bytes = 0;
  if (!parse_quantity(text, byte_units, bytes)) {
    return fail(
        Failure::usage,
        "\"{}\" is not a size: write a whole number of bytes or one with K, M, G or T, as in \"512M\"", text);
  }
  return Bytes(bytes);
}

Result<Nanoseconds> parse_duration(std::string_view text) {
  std::uint64_t nanoseconds = 0;
  if (!parse_quantity(text, time_units, nanoseconds) ||
      nanoseconds > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(Failure::usage,
                "\"{}\" is not a duration: write a whole number with us, ms, s, min or h, as in \"20s\"",
                text);
  }
  return Nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

std::string human(Bytes bytes) {
  auto value = static_cast<double>(bytes.value());
  for (const auto* unit : {"bytes", "KiB", "MiB", "GiB"}) {
    if (value < 1024) {
      return value == std::floor(value) ? fmt::format("{:.0f} {}", value, unit)
                                        : fmt::format("{:.1f} {}", value, unit);
    }
    value /= 1024;
  }
  return fmt::format("{:.1f} TiB", value);
}

std::string human(Nanoseconds duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds < 1000) {
    return fmt::format("{} ms", milliseconds);
  }
  if (milliseconds < 10'000) {
    return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
  }
  const auto seconds = (milliseconds + 500) / 1000;
  if (seconds < 100) {
    return fmt::format("{} s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  }
  return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace assay
