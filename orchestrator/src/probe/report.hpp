// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::probe {

/// A line that a series adds or changes.
struct PatchLine {
  std::string file;
  unsigned line = 0;  ///< in the patched source
  std::string text;
};

enum class LineState : std::uint8_t { ran, not_run, not_built };
[[nodiscard]] std::string_view name_of(LineState state);  ///< "ran", "not run", "not in this build"

struct CoveredLine {
  PatchLine line;
  LineState state = LineState::not_built;
};

/// A hit that a probe of kind `order` saw.
struct OrderedHit {
  std::uint64_t sequence = 0;  ///< from 1, over all places
  std::string place;
  unsigned vcpu = 0;
};

/// A probe that was active in a trial: a figure of the trial can be traced to what was watched or delayed.
struct ProbeReport {
  std::string name;
  std::string kind;
  std::string what;                ///< "delay of 20 ms at do_mmap"
  std::vector<std::string> where;  ///< the instructions, those of most_listed at most
  std::size_t instructions = 0;    ///< all of them
  bool automatic = false;
  std::vector<std::string> ran;    ///< of `cover`: the places that did, those of most_listed at most
  std::vector<CoveredLine> lines;  ///< of "patch" only
  std::vector<OrderedHit> order;   ///< the last ones
};
inline constexpr std::size_t most_listed = 32;

/// What is said of a series that is watched and has no lines.
inline constexpr std::string_view no_line_to_watch = "nothing to watch in a series that only removes lines";

/// How much of a patch ran.
struct Coverage {
  std::size_t ran = 0;
  std::size_t built = 0;
  std::size_t lines = 0;
  /// "9 of 11 patched lines ran", no_line_to_watch
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] Coverage coverage_of(const std::vector<CoveredLine>& lines);
/// A line ran when it did so in one of the two; both are of the same patch.
void merge_lines(std::vector<CoveredLine>& into, const std::vector<CoveredLine>& more);

/// For the results database; from_json gives nothing for what to_json did not write.
[[nodiscard]] std::string to_json(const ProbeReport& report);
[[nodiscard]] ProbeReport report_from_json(std::string_view json);

}  // namespace assay::probe
