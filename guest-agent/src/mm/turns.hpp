// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <array>

namespace assay::agent {

/// Two processes that take turns.
class Turns {
 public:
  /// Throws.
  Turns();
  /// The child lets the parent act, and waits until it has.
  void hand_over() const;
  /// The parent waits for its turn; false when the child ended without one.
  [[nodiscard]] bool wait_for_turn() const;
  void give_back() const;
  /// After fork(): closes the ends of the other side, so that its death is noticed.
  void be_parent();
  void be_child();

 private:
  std::array<UniqueFd, 2> to_parent_;
  std::array<UniqueFd, 2> to_child_;
};

}  // namespace assay::agent
