// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

/// A number with a unit. Mixing two units does not compile; `.value()` leaves the type system.
template <class Tag, class Rep = std::uint64_t>
class Quantity {
 public:
  constexpr Quantity() = default;
  explicit constexpr Quantity(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator+(Quantity other) const { return Quantity(value_ + other.value_); }
  constexpr Quantity operator-(Quantity other) const { return Quantity(value_ - other.value_); }
  constexpr Quantity operator*(Rep times) const { return Quantity(value_ * times); }

 private:
  Rep value_ = 0;
};

using Bytes = Quantity<struct BytesTag>;
using Nanoseconds = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;

constexpr Bytes kib(std::uint64_t n) { return Bytes(n << 10U); }
constexpr Bytes mib(std::uint64_t n) { return Bytes(n << 20U); }
constexpr Bytes gib(std::uint64_t n) { return Bytes(n << 30U); }

/// "512M", "4G", "64K" or "4096" (bytes), powers of two. Error: usage, says what is accepted.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);
/// "250ms", "20s", "5min", "2h"; a unit is required. Error: usage, says what is accepted.
[[nodiscard]] Result<Nanoseconds> parse_duration(std::string_view text);

/// "3.4 MiB", for people.
[[nodiscard]] std::string human(Bytes bytes);
/// "850 ms", "12 s", "3 min 05 s", for people.
[[nodiscard]] std::string human(Nanoseconds duration);

}  // namespace assay
