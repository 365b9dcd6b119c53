// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::report {

/// The variants of a run in the one order that all of its reports have, base before head. A variant's place
/// in it is its colour and the form of its mark: 24 of them can be told apart.
class Variants {
 public:
  explicit Variants(const store::RunView& view);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// The number of names for one that is none of the run's; an architecture behind it does not count:
  /// "before/sparc64".
  [[nodiscard]] std::size_t place(std::string_view variant) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace assay::report
