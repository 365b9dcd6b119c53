// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fake_run.hpp"
#include "scratch.hpp"
#include "two_kernels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

using Words = std::vector<std::string>;
using trial::fake::Inside;
using trial::fake::Script;

/// What a command line left behind.
struct Ended {
  int code = 0;  ///< less than 0: minus the signal that ended it
  std::string out;
  std::string err;
};

/// A command line that was started: a forked copy of the test, so that stdout, signals and the current folder
/// are its own. It is killed when nobody waits for it.
class Running {
 public:
  Running(pid_t pid, fs::path out, fs::path err) : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Running(Running&&) = delete;
  Running& operator=(Running&&) = delete;
  ~Running();

  /// Waits for its end; what does not end is killed, and a test failure.
  Ended end();
  /// Waits until it stopped, as by Ctrl-Z, and lets it go on.
  void await_stop() const;
  void go_on() const;

 private:
  pid_t pid_;
  fs::path out_;
  fs::path err_;
};

/// The command line as main() has it, in a source tree of its own: with an experiment `two` of two kernels (a
/// guest for each, three repeats of two workloads), and guests that are scripts.
class OnFakes : public testing::Test {
 protected:
  OnFakes();

  /// Runs `assay WORDS...` in root() to its end.
  Ended assay(const Words& words) { return start(words).end(); }
  Running start(const Words& words);

  /// `assay WORDS...` prints nothing, says just this on stderr (ROOT is root()) and ends with the code.
  void expect_refused(const Words& words, int code, std::string said);

  /// Writes the experiment again.
  void describe(unsigned trials, std::string_view rule) const;
  /// The id of the newest run in a results folder, by what the program prints; "" for none.
  std::string last_run(const std::string& results = "results");
  /// A whole run, which holds.
  void run_it();
  void all_is_well();

  [[nodiscard]] fs::path root() const { return fs::canonical(scratch_.root()); }
  [[nodiscard]] fs::path program() const { return root() / "build/orchestrator"; }
  fs::path write(const fs::path& name, std::string_view content) const {
    return scratch_.write(name, content);
  }
  [[nodiscard]] std::string text_of(const fs::path& name) const;
  /// All paths below a folder of root(), sorted.
  [[nodiscard]] std::vector<std::string> below(const fs::path& folder) const;

  trial::fake::FakeHypervisor::Cast cast_;
  bool real_agent_ = false;       ///< guests are processes of this host
  unsigned failing_creates_ = 0;  ///< guests that cannot be created at first
  std::string no_hypervisor_;     ///< why there is none
  std::string input_;             ///< on stdin
  fs::path out_to_;               ///< stdout is this file; "" for one that Ended has

 private:
  [[noreturn]] void be_program(const Words& words, const fs::path& out, const fs::path& err) noexcept;
  Task<Result<std::unique_ptr<machine::Hypervisor>>> hypervisor();

  Scratch scratch_;
  unsigned started_ = 0;
};

/// Scripts of guests.
Task<> is_well(Inside& guest);
Task<> panics_at_boot(Inside& guest);
Task<> ends_before_hello(Inside& guest);
Task<> dies_after_hello(Inside& guest);
/// Kills the program itself when it has its first order.
Task<> ends_the_program(Inside& guest);
/// Its kernel complains while the first workload runs, which passes.
Task<> complains(Inside& guest);
/// A check of each workload fails.
Task<> fails_checks(Inside& guest);
/// Says of each workload that this kernel cannot run it.
Task<> skips(Inside& guest);

/// Plays `odd` on guests of this variant, and is_well() on others.
trial::fake::FakeHypervisor::Cast only_on(std::string variant, Script odd);
/// Guest `number` of a command line plays `odd`, all others is_well().
trial::fake::FakeHypervisor::Cast only_guest(unsigned number, Script odd);

}  // namespace assay::cli
