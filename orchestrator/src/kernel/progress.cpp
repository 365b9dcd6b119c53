// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/progress.hpp"

#include <algorithm>

namespace assay::kernel {

void ProgressMeter::begin_inner(std::string_view inner, double share) {
  prefix_ = fmt::format("{}: ", inner);
  range_to_ = share;
}

void ProgressMeter::end_inner() {
  prefix_.clear();
  range_from_ = reached_;
  range_to_ = 1;
}

void ProgressMeter::enter(double from, double to, bool estimated) {
  from_ = from;
  to_ = to;
  estimated_ = estimated;
  began_ = Clock::now();
}

void ProgressMeter::step(std::string_view what, double part) {
  if (!sink_) {
    return;
  }
  part = std::clamp(part, 0.0, 1.0);
  const double whole = from_ + part * (to_ - from_);
  reached_ = std::max(reached_, std::min(1.0, range_from_ + whole * (range_to_ - range_from_)));

  BuildProgress progress;
  progress.variant = variant_;
  progress.step = prefix_ + std::string(what);
  progress.fraction = reached_;
  const auto elapsed = Clock::now() - began_;
  constexpr double enough = 0.03;
  if (estimated_ && part > enough && elapsed > std::chrono::seconds(2)) {
    const std::chrono::duration<double> spent = elapsed;
    progress.remaining = std::chrono::duration_cast<Duration>(spent * ((1 - part) / part));
  }
  sink_(progress);
}

}  // namespace assay::kernel
