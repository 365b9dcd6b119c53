// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "run/progress.hpp"

#include <string_view>

namespace assay::mutate {

/// Shows how a kernel's build comes along, and nothing else: what is told of one run is too much for dozens.
class Hushed final : public run::Progress {
 public:
  explicit Hushed(run::Progress& shown) : shown_(shown) {}
  void on_build(const kernel::BuildProgress& progress) override { shown_.on_build(progress); }
  void build_done(std::string_view /*variant*/, std::string_view /*how*/) override {}
  void begin_trials(std::size_t /*planned*/, std::size_t /*done*/) override {}
  void refresh() override { shown_.refresh(); }
  void stop_means(const char* text) override { shown_.stop_means(text); }
  void clear() override {}
  void on_phase(unsigned /*slot*/, const trial::GuestJob& /*job*/, Phase /*phase*/,
                std::string_view /*workload*/) override {}
  void on_slot_free(unsigned /*slot*/) override {}
  void on_trial(const trial::TrialRecord& /*record*/) override {}
  void on_note(std::string_view /*text*/) override {}

 private:
  run::Progress& shown_;
};

}  // namespace assay::mutate
