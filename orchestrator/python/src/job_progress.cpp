// SPDX-License-Identifier: GPL-2.0-or-later
#include "job_progress.hpp"

namespace assay::python {
namespace {

std::string_view name_of(trial::Observer::Phase phase) {
  switch (phase) {
    case trial::Observer::Phase::creating:
      return "creating";
    case trial::Observer::Phase::booting:
      return "booting";
    case trial::Observer::Phase::running:
      return "running";
    case trial::Observer::Phase::ending:
      break;
  }
  return "ending";
}

}  // namespace

void JobProgress::on_build(const kernel::BuildProgress& progress) {
  job_.tell(
      news::Build{progress.variant, fmt::format("{:.0f} %: {}", progress.fraction * 100, progress.step)});
}

void JobProgress::build_done(std::string_view variant, std::string_view how) {
  job_.tell(news::Build{std::string(variant), std::string(how)});
}

void JobProgress::begin_trials(std::size_t planned, std::size_t done) {
  job_.tell(news::Planned{planned, done});
}

void JobProgress::on_phase(unsigned slot, const trial::GuestJob& job, Phase phase,
                           std::string_view workload) {
  job_.tell(news::Phase{slot, job.variant, job.machine, job.repeat, std::string(name_of(phase)),
                        std::string(workload)});
}

void JobProgress::on_trial(const trial::TrialRecord& record) { job_.tell(news::Trial{record}); }

void JobProgress::on_note(std::string_view text) { job_.tell(news::Note{std::string(text)}); }

}  // namespace assay::python
