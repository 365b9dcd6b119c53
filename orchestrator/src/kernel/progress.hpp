// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "kernel/kernel.hpp"

#include <string>
#include <string_view>

namespace assay::kernel {

/// Turns steps of phases into BuildProgress: the fraction never goes back, the estimate extends the pace of
/// the phase that is running.
class ProgressMeter {
 public:
  ProgressMeter(std::string variant, ProgressSink sink)
      : variant_(std::move(variant)), sink_(std::move(sink)) {}

  /// What steps report lies between `from` and `to` from now on; `prefix` goes before each of them.
  /// While `estimated`, remaining time is told.
  void enter(double from, double to, bool estimated);
  /// `part` runs from 0 to 1 within the phase.
  void step(std::string_view what, double part);

  /// What follows is the build of `inner` and takes up to `share` of the whole.
  void begin_inner(std::string_view inner, double share);
  /// What follows is the outer build again, in what is left of the whole.
  void end_inner();

 private:
  std::string variant_;
  ProgressSink sink_;
  std::string prefix_;
  double range_from_ = 0;
  double range_to_ = 1;
  double from_ = 0;
  double to_ = 0;
  double reached_ = 0;
  bool estimated_ = false;
  Clock::time_point began_;
};

}  // namespace assay::kernel
