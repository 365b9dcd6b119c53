// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/progress.hpp"

#include <functional>
#include <string>
#include <vector>

namespace assay::run {

/// Keeps what it is told, and shows nothing.
class QuietProgress final : public Progress {
 public:
  void on_build(const kernel::BuildProgress& /*progress*/) override {}
  void build_done(std::string_view variant, std::string_view /*how*/) override {
    kernels.emplace_back(variant);
  }
  void begin_trials(std::size_t planned, std::size_t done) override {
    begun.push_back(planned);
    done_before.push_back(done);
  }
  void refresh() override {}
  void clear() override {}
  void on_phase(unsigned /*slot*/, const trial::GuestJob& /*job*/, Phase /*phase*/,
                std::string_view /*workload*/) override {}
  void on_slot_free(unsigned /*slot*/) override {}
  void on_trial(const trial::TrialRecord& record) override {
    ++trials;
    if (hear) {
      hear(record);
    }
  }
  void on_note(std::string_view text) override { notes.emplace_back(text); }

  std::vector<std::string> kernels;      ///< variants, in the order in which they were found or built
  std::vector<std::size_t> begun;        ///< planned trials of each look
  std::vector<std::size_t> done_before;  ///< of these, done by an earlier part of the run
  std::size_t trials = 0;
  std::vector<std::string> notes;
  std::function<void(const trial::TrialRecord&)> hear = nullptr;
};

}  // namespace assay::run
