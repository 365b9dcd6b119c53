// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/place.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

/// What is wrong with one file. Collected, so that one look at the file mends all of it.
class Mistakes {
 public:
  /// `file` may be "", for what was never a file: then no place is told. `text` is that of the file, for
  /// places within its strings; it outlives the object.
  explicit Mistakes(std::string file, std::string_view text = {}) : file_(std::move(file)), text_(text) {}

  /// The same mistake in the same place counts once.
  void add(Place where, std::string what);
  /// At a word of the string that stands at `string`.
  void add_at(Place string, std::string_view word, std::string what);
  [[nodiscard]] bool none() const { return mistakes_.empty(); }
  /// Usage: "file:line:column: what", one mistake per line in the order of the file, the first ten of them.
  [[nodiscard]] Error error() const;

 private:
  struct Mistake {
    Place where;
    std::string what;
  };
  std::string file_;
  std::string_view text_;
  std::vector<Mistake> mistakes_;  ///< sorted by place
};

}  // namespace assay
