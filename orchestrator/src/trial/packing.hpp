// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "trial/capacity.hpp"
#include "trial/order.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace assay::trial {

/// A guest's share of the host while it runs.
struct Share {
  unsigned slot = 0;  ///< from 0: which of the guests at once
  Bytes memory{0};
};

/// Which of the waiting guests starts next: the first, and while that one waits for memory a later one that
/// fits, so that a large guest does not keep the host idle. It is not passed for ever: after as many guests
/// as run at once it is the next to start. A guest that is larger than all of the capacity runs alone.
class Packing {
 public:
  using Size = std::function<Bytes(const GuestJob&)>;

  /// `size` is the memory that a job's guest needs.
  Packing(Capacity capacity, Size size)
      : capacity_(std::move(capacity)), size_(std::move(size)), slots_(std::max(1U, capacity_.guests)) {}

  /// Takes a job off the list and gives it a share; nothing when none can start now.
  std::optional<std::pair<GuestJob, Share>> next(std::deque<GuestJob>& waiting);
  void give_back(Share share);
  [[nodiscard]] unsigned running() const { return running_; }

 private:
  [[nodiscard]] bool fits(Bytes memory) const;

  Capacity capacity_;
  Size size_;
  std::vector<bool> slots_;
  unsigned running_ = 0;
  Bytes used_{0};
  std::size_t passed_ = 0;  ///< guests that started before the first of the list
};

}  // namespace assay::trial
