// SPDX-License-Identifier: GPL-2.0-or-later
#include "trial/packing.hpp"

#include <algorithm>
#include <utility>

namespace assay::trial {

bool Packing::fits(Bytes memory) const { return running_ == 0 || used_ + memory <= capacity_.memory; }

std::optional<std::pair<GuestJob, Share>> Packing::next(std::deque<GuestJob>& waiting) {
  const auto slot = std::ranges::find(slots_, false);
  if (waiting.empty() || slot == slots_.end()) {
    return std::nullopt;
  }
  const bool first_only = passed_ >= slots_.size();
  const auto end = first_only ? waiting.begin() + 1 : waiting.end();
  const auto chosen = std::find_if(waiting.begin(), end, [&](const auto& job) { return fits(size_(job)); });
  if (chosen == end) {
    return std::nullopt;
  }
  passed_ = chosen == waiting.begin() ? 0 : passed_ + 1;
  const Share share{static_cast<unsigned>(slot - slots_.begin()), size_(*chosen)};
  auto job = std::move(*chosen);
  waiting.erase(chosen);
  *slot = true;
  ++running_;
  used_ = used_ + share.memory;
  return std::pair(std::move(job), share);
}

void Packing::give_back(Share share) {
  slots_[share.slot] = false;
  --running_;
  used_ = used_ - share.memory;
}

}  // namespace assay::trial
