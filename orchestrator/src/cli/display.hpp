// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "cli/verb.hpp"
#include "run/progress.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// The live lines at the bottom of the terminal (stderr): builds, then one line per running guest and a total
/// with an ETA. Where stderr is no terminal, a plain line every few seconds instead. Quiet: only notes.
class Display final : public run::Progress {
 public:
  enum class Mode : std::uint8_t { live, plain, quiet };

  /// live on a terminal, plain elsewhere.
  explicit Display(Globals& globals);
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  Display(Display&&) = delete;
  Display& operator=(Display&&) = delete;
  ~Display() override;

  void on_build(const kernel::BuildProgress& progress) override;
  void build_done(std::string_view variant, std::string_view how) override;

  void begin_trials(std::size_t planned, std::size_t done) override { begin_work("trials", planned, done); }
  void begin_work(std::string_view what, std::size_t planned, std::size_t done) override;
  void work_done() override;
  void on_phase(unsigned slot, const trial::GuestJob& job, Phase phase, std::string_view workload) override;
  void on_slot_free(unsigned slot) override;
  void on_trial(const trial::TrialRecord& record) override;
  void on_note(std::string_view text) override;

  void stop_means(const char* text) override { globals_.on_stop = text; }

  /// Draws again when it is time: the clocks in the lines go on while nothing happens.
  void refresh() override { redraw(false); }

  /// Takes the live lines away.
  void clear() override;

 private:
  struct Slot {
    std::string what;
    Clock::time_point since;
  };

  void redraw(bool now);
  [[nodiscard]] std::vector<std::string> lines() const;
  [[nodiscard]] std::string total() const;

  Globals& globals_;
  Mode mode_;
  std::string build_line_;
  std::map<unsigned, Slot> slots_;
  std::string work_ = "trials";
  std::size_t planned_ = 0;
  std::size_t done_ = 0;
  std::size_t done_before_ = 0;
  std::map<trial::Outcome, std::size_t> outcomes_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point drawn_ = {};
  std::size_t drawn_lines_ = 0;
};

}  // namespace assay::cli
