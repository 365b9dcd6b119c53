// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/score.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// The source lines of a score as HTML, with their mutants.
namespace assay::report {

/// The lines of the scope and those of mutants outside of it, by file and line, each with its mutants.
class Listing {
 public:
  explicit Listing(const mutate::Score& score);
  /// The value of the attribute id that a mutant's line has.
  [[nodiscard]] std::string anchor(const mutate::Mutant& mutant) const;
  /// A section; "" without lines.
  [[nodiscard]] std::string html() const;

 private:
  using Place = std::pair<std::string, unsigned>;
  struct Line {
    const mutate::ScopeLine* source = nullptr;
    std::vector<const mutate::Judged*> mutants;
    std::size_t number = 0;  ///< among all lines
  };
  [[nodiscard]] static std::string row(const Place& place, const Line& line);
  std::map<Place, Line> lines_;
};

/// Symbol and word: <span class="verdict holds">...</span>
[[nodiscard]] std::string html_fate(mutate::Fate fate, const std::string& more = "");
/// The changed lines of a diff, or all behind its heads, for <pre>.
enum class DiffPart : bool { changed, whole };
[[nodiscard]] std::string html_diff(std::string_view diff, DiffPart part);

}  // namespace assay::report
