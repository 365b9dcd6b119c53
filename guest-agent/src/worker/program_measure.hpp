// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "contract/workload.hpp"

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <string>

namespace assay::agent {

/// What the agent itself counts of a program on trial.
[[nodiscard]] const Workload& program_workload();

/// Measures a program from its start to its end or, where it `marks`, from where it says so by assay.h to
/// where it says that again. It says so over a descriptor of its own and waits for the answer, so that what
/// the kernel counts is read in between.
class ProgramMeasure {
 public:
  /// `settles`: the measurement goes on when the program has ended, until end(). Throws when there is no
  /// descriptor to be had.
  ProgramMeasure(Context& context, bool marks, bool settles);

  /// What the program says its words into, and where it reads the answers; -1 when it does not mark.
  [[nodiscard]] std::array<int, 2> program_ends() const { return {said_.get(), heard_.get()}; }
  /// Readable when there is something to hear(); -1 when there never is.
  [[nodiscard]] int fd() const { return words_.get(); }

  /// The program is about to be started.
  void start();
  void hear();
  /// It was reaped.
  void reaped(const rusage& usage);
  /// What it did has come to rest: the measurement ends, unless the program ended it.
  void end();

 private:
  [[nodiscard]] std::string obey(const std::string& word);

  Context& context_;
  bool marks_;
  bool settles_;
  std::uint64_t started_ns_ = 0;
  std::string word_;
  UniqueFd words_;
  UniqueFd answers_;
  UniqueFd said_;
  UniqueFd heard_;
};

}  // namespace assay::agent
