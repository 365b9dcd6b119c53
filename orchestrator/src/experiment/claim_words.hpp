// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/mistakes.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::experiment {

/// What one claim may refer to: each check reports a word that means nothing. All arguments outlive it.
class ClaimWords {
 public:
  ClaimWords(const Experiment& experiment, const Catalogue& catalogue, Mistakes& mistakes)
      : experiment_(experiment), catalogue_(catalogue), mistakes_(mistakes) {}

  /// The claim's workload, whose counters and checks are known from now on. Before, all of them pass.
  void check_workload(const std::string& name, Place where);
  void check_variant(const std::string& name, Place where);
  void check_figure(const Figure& figure, Place where);
  /// The counter of a figure's condition, or the check.
  void check_event(const CountedEvent& event, Place where);

  /// The variants that the claim's workload runs with, or all as long as it is unknown.
  [[nodiscard]] std::vector<std::string> variants() const;

  [[nodiscard]] const Experiment& experiment() const { return experiment_; }
  [[nodiscard]] Mistakes& mistakes() { return mistakes_; }

 private:
  void check_counter(const std::string& name, Place where);
  void check_sampled(const std::string& metric, Place where);
  [[nodiscard]] std::string hint(const std::string& name, const std::vector<std::string>& known,
                                 std::string_view key) const;

  const Experiment& experiment_;
  const Catalogue& catalogue_;
  Mistakes& mistakes_;
  std::optional<WorkloadInfo> info_;
  bool is_program_ = false;
  std::string workload_;
};

}  // namespace assay::experiment
