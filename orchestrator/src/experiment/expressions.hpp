// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "experiment/rules.hpp"

#include <string>
#include <string_view>

namespace assay::experiment {

/// "touches" or "vmstat.vma_lock_retry / touches". Error: usage. Names are not looked up.
[[nodiscard]] Result<Figure> parse_figure(std::string_view text);
/// ">= 0.9" or "<= 0.05". Error: usage.
[[nodiscard]] Result<Bound> parse_bound(std::string_view text);
/// A figure and a bound: "writer_ops >= 100". Error: usage.
[[nodiscard]] Result<Precondition> parse_condition(std::string_view text);
/// "finding", "finding KASAN", "failure", "check NAME", or a condition. Error: usage.
[[nodiscard]] Result<CountedEvent> parse_event(std::string_view text);
/// "less", "more", "no-more", "no-less" or "same". Error: usage.
[[nodiscard]] Result<Direction> parse_direction(std::string_view text);
/// "10%" as 0.1. Error: usage.
[[nodiscard]] Result<double> parse_percentage(std::string_view text);
/// "10Hz". Error: usage. Between 1 and 100 Hz; the interval is rounded down to whole nanoseconds.
[[nodiscard]] Result<Nanoseconds> parse_rate(std::string_view text);
/// "1234@example.org", without <>. Error: usage.
[[nodiscard]] Result<std::string> parse_message_id(std::string_view text);
/// Letters, digits, '.', '_' and '-', at most 64, no dot or dash in front: names become names of folders.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace assay::experiment
