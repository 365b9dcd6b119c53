// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "link/messages.hpp"
#include "program/output.hpp"
#include "trial/order.hpp"
#include "trial/outcome.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::trial {

/// Listens to the program of a trial, and says what its end means.
class ProgramJudge {
 public:
  explicit ProgramJudge(const OrderedProgram& program);

  void hear(const link::Output& output);
  void end(const link::Ended& ended) { ended_ = ended; }

  /// To be called once, with what the worker's result made of the record.
  void conclude(TrialRecord& record);

  [[nodiscard]] const program::ProgramOutput& output() const { return output_; }

 private:
  [[nodiscard]] bool skips(const TrialRecord& record, const program::TestReport* tests) const;
  [[nodiscard]] CheckResult exit_result(const TrialRecord& record) const;
  void add_tests(TrialRecord& record, const program::TestReport& tests) const;

  std::vector<std::string> tests_;  ///< that claims may be about
  program::ProgramOutput output_;
  std::optional<link::Ended> ended_;
};

}  // namespace assay::trial
