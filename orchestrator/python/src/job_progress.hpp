// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "job.hpp"
#include "run/progress.hpp"

namespace assay::python {

/// Tells a job what a terminal would show.
class JobProgress final : public run::Progress {
 public:
  explicit JobProgress(Job& job) : job_(job) {}

  void on_build(const kernel::BuildProgress& progress) override;
  void build_done(std::string_view variant, std::string_view how) override;
  void begin_trials(std::size_t planned, std::size_t done) override;
  void refresh() override {}
  void clear() override {}
  void on_phase(unsigned slot, const trial::GuestJob& job, Phase phase, std::string_view workload) override;
  void on_slot_free(unsigned /*slot*/) override {}
  void on_trial(const trial::TrialRecord& record) override;
  void on_note(std::string_view text) override;

 private:
  Job& job_;
};

}  // namespace assay::python
