// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::report {

/// Which trials of a run shared a guest: what one leaves there may be the cause of what another shows.
class Guests {
 public:
  /// Of a view that outlives it.
  explicit Guests(const store::RunView& view);

  /// What ran before it in its guest, in that order.
  [[nodiscard]] std::vector<const trial::TrialRecord*> before(const trial::TrialRecord& record) const;

  /// The finding that its guest ended with, of a trial that has none itself; nullptr.
  [[nodiscard]] const trial::TrialRecord* finding_after(const trial::TrialRecord& record) const;

  /// ", in the same guest after a, b", where a guest was lost or another began it anew, too; "" when there is
  /// nothing to say.
  [[nodiscard]] std::string circumstances(const trial::TrialRecord& record) const;

 private:
  [[nodiscard]] const trial::TrialRecord* finding_in_guest_before(const trial::TrialRecord& record) const;

  const store::RunView& view_;
  std::map<std::string_view, std::vector<const trial::TrialRecord*>> guests_;  ///< by their folders
  bool shared_ = false;  ///< one guest is for all workloads of a repeat
};

/// What to know of trials that ended well in a guest in which a later one had a finding: its cause may be
/// theirs. "" for none.
[[nodiscard]] std::string taint_text(const store::RunView& view);

}  // namespace assay::report
