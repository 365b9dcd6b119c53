// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/display.hpp"

#include "base/text.hpp"
#include "cli/messages.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace assay::cli {
namespace {

constexpr auto live_interval = std::chrono::milliseconds(100);
constexpr auto plain_interval = std::chrono::seconds(5);

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

bool live_terminal() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

void to_stderr(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string_view word(trial::Observer::Phase phase) {
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

Display::Display(Globals& globals)
    : globals_(globals),
      mode_(globals.quiet     ? Mode::quiet
            : live_terminal() ? Mode::live
                              : Mode::plain) {}

Display::~Display() { clear(); }

void Display::clear() {
  if (mode_ == Mode::live && drawn_lines_ > 0) {
    // Up to the first of our lines, then erase from there to the end of the screen.
    to_stderr(fmt::format("\r\x1b[{}A\x1b[J", drawn_lines_));
  }
  drawn_lines_ = 0;
}

std::string Display::total() const {
  const auto elapsed = Clock::now() - began_;
  const auto fresh = done_ - done_before_;
  std::string text = fmt::format("{} {}/{}", work_, done_, planned_);
  for (const auto& [outcome, count] : outcomes_) {
    if (outcome != trial::Outcome::pass) {
      text += fmt::format(", {} {}", count, trial::name_of(outcome));
    }
  }
  if (fresh >= 2 && done_ < planned_) {
    text += fmt::format(", about {} left", human(elapsed / fresh * (planned_ - done_)));
  }
  return text;
}

std::vector<std::string> Display::lines() const {
  std::vector<std::string> result;
  if (!build_line_.empty()) {
    result.push_back(build_line_);
  }
  for (const auto& [slot, state] : slots_) {
    result.push_back(fmt::format("  {} ({})", state.what, human(Clock::now() - state.since)));
  }
  if (planned_ > 0) {
    result.push_back(total());
  }
  return result;
}

void Display::redraw(bool now) {
  const auto time = Clock::now();
  if (mode_ == Mode::quiet ||
      (!now && time - drawn_ < (mode_ == Mode::live ? Duration(live_interval) : Duration(plain_interval)))) {
    return;
  }
  drawn_ = time;
  if (mode_ == Mode::plain) {
    if (planned_ > 0) {
      to_stderr(fmt::format("{}, {} guest{} running\n", total(), slots_.size(), plural(slots_.size())));
    } else if (!build_line_.empty()) {
      to_stderr(harmless(build_line_) + "\n");
    }
    return;
  }
  clear();
  const auto width = columns() - 1;
  const auto drawn = lines();
  for (const auto& line : drawn) {
    to_stderr(harmless(line.substr(0, width)) + "\n");
  }
  drawn_lines_ = drawn.size();
}

void Display::on_build(const kernel::BuildProgress& progress) {
  build_line_ = fmt::format("kernel {}: {:3.0f} %", progress.variant, progress.fraction * 100);
  if (progress.remaining) {
    build_line_ += fmt::format(", about {} left", human(*progress.remaining));
  }
  build_line_ += fmt::format(": {}", progress.step);
  redraw(false);
}

void Display::build_done(std::string_view variant, std::string_view how) {
  build_line_.clear();
  clear();
  if (mode_ != Mode::quiet) {
    to_stderr(fmt::format("kernel {}: {}\n", variant, how));
  }
}

void Display::begin_work(std::string_view what, std::size_t planned, std::size_t done) {
  work_ = what;
  planned_ = planned;
  done_ = done;
  done_before_ = done;
  began_ = Clock::now();
  redraw(true);
}

void Display::on_phase(unsigned slot, const trial::GuestJob& job, Phase phase, std::string_view workload) {
  slots_[slot] = {fmt::format("{} on {}, repeat {}: {}{}{}", job.variant, job.machine, job.repeat + 1,
                              word(phase), workload.empty() ? "" : " ", workload),
                  Clock::now()};
  redraw(false);
}

void Display::on_slot_free(unsigned slot) {
  slots_.erase(slot);
  redraw(false);
}

void Display::work_done() {
  ++done_;
  redraw(done_ == planned_ && mode_ == Mode::plain);
}

void Display::on_trial(const trial::TrialRecord& record) {
  ++outcomes_[record.outcome];
  if (record.outcome != trial::Outcome::pass) {
    on_note(fmt::format("{} on {}, repeat {}, {}: {}: {}", record.key.variant, record.key.machine,
                        record.key.repeat + 1, record.key.workload, trial::name_of(record.outcome),
                        record.reason));
  }
  work_done();
}

void Display::on_note(std::string_view text) {
  clear();
  tell(fmt::format("note: {}", trimmed(text)));
  redraw(mode_ == Mode::live);
}

}  // namespace assay::cli
