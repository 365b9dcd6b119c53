// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::probe {

/// A line that a series adds or removes; one that it changes is one of each.
struct PatchLine {
  std::string file;
  unsigned line = 0;  ///< in the patched source; of a removed one in the source before
  std::string text;
  bool removed = false;
};

/// What can be said of a line of a series: of those that are seen in several trials, the first of these.
enum class LineState : std::uint8_t {
  ran,
  not_run,
  no_instruction,  ///< comments, declarations, and what the compiler merged into other lines or dropped
  not_built,       ///< nothing of its file is in this kernel
  unwatched,  ///< nothing of its file is in the image of a kernel with modules, whose lines nobody watches
  removed,
};
/// "ran", "not run", "no instruction of its own", "not built", "perhaps in a module", "removed"
[[nodiscard]] std::string_view name_of(LineState state);

struct CoveredLine {
  PatchLine line;
  LineState state = LineState::no_instruction;
  bool among_code = false;  ///< without an instruction, and lines of its function on both sides have some
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

/// How many lines of a patch are in which state.
struct Coverage {
  std::size_t lines = 0;
  std::size_t ran = 0;
  std::size_t not_run = 0;
  std::size_t no_instruction = 0;
  std::size_t not_built = 0;
  std::size_t unwatched = 0;
  std::size_t removed = 0;
  /// "1 of 4 patched lines ran; 2 have no instruction of their own; 1 removed": all of them.
  [[nodiscard]] std::string text() const;
};
[[nodiscard]] Coverage coverage_of(const std::vector<CoveredLine>& lines);
/// A line ran when it did so in one of the two; both are of the same patch.
void merge_lines(std::vector<CoveredLine>& into, const std::vector<CoveredLine>& more);

/// For the results database; from_json gives nothing for what to_json did not write.
[[nodiscard]] std::string to_json(const ProbeReport& report);
[[nodiscard]] ProbeReport report_from_json(std::string_view json);

}  // namespace assay::probe
