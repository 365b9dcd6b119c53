// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "contract/workload.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::agent {

/// An order that cannot be carried out as it is written. The text names the parameter and what it may be.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The value of every parameter of a workload: given, or its default.
class Values {
 public:
  using Given = std::vector<std::pair<std::string, std::string>>;

  /// Throws Refusal for an unknown or repeated name and for a value of the wrong type or out of range.
  Values(const Workload& workload, std::span<const std::pair<std::string, std::string>> given);

  /// integer, size (bytes), duration (ns), boolean (0 or 1), choice (its index). Only for declared names.
  [[nodiscard]] std::int64_t number(std::string_view name) const;

 private:
  std::map<std::string, std::int64_t, std::less<>> numbers_;
};

/// The candidate that `wrong` most likely meant, or "" when none is near.
[[nodiscard]] std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates);

/// `"; did you mean x?"`, or "".
[[nodiscard]] std::string did_you_mean(std::string_view wrong, std::span<const std::string_view> candidates);

}  // namespace assay::agent
