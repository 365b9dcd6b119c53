// SPDX-License-Identifier: GPL-2.0-or-later
// Runs that are stopped, killed and gone on with, and runs beside each other.
#include "command.hpp"

#include <unistd.h>

#include <csignal>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// Sends this signal to the program when a guest has its first order, and never answers that.
template <int number, int times = 1>
Task<> signals(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  for (int i = 0; i < times; ++i) {
    ::kill(::getpid(), number);
  }
  co_await guest.live();
}

/// Stops the program once, as Ctrl-Z does, and is well.
Task<> stops_the_program(Inside& guest) {
  co_await guest.hello();
  ::kill(::getpid(), SIGSTOP);
  co_await guest.serve();
}

class Resume : public OnFakes {
 protected:
  /// Goes on with the run and expects each of its trials once.
  void expect_to_go_on(const std::string& id) {
    all_is_well();
    const auto resumed = assay({"run", "--resume"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.out, HasSubstr("\nrun       " + id + ", started "));
    EXPECT_THAT(resumed.out, HasSubstr("\ntrials    12 of 12: 12 passed\n"));
  }
};

TEST_F(Resume, CtrlCKeepsWhatIsFinishedAndResumeGoesOn) {
  cast_ = only_guest(3, signals<SIGINT>);
  const auto stopped = assay({"run", "two"});
  EXPECT_EQ(stopped.code, 130);
  const auto id = last_run();
  EXPECT_THAT(stopped.err, HasSubstr("\nassay: stopping: guests are being destroyed, finished trials are "
                                     "kept (again to quit at once)\n"));
  EXPECT_THAT(stopped.err, ContainsRegex("\nassay: interrupted after [4-8] of 12 trials; to go on: "));
  EXPECT_THAT(stopped.err, EndsWith("assay run --resume " + id + "\n"));
  EXPECT_THAT(stopped.out, ContainsRegex("\ntrials    [4-8] of 12: "));
  EXPECT_THAT(assay({"runs"}).out, ContainsRegex(id + " +[4-8]/12  .*interrupted"));
  expect_to_go_on(id);
  EXPECT_THAT(assay({"run", "--resume", "-q"}).out, HasSubstr("12 of 12")) << "nothing is left to do";
}

TEST_F(Resume, OtherSignalsThatEndAProcessAreCtrlC) {
  cast_ = only_guest(0, signals<SIGTERM>);
  EXPECT_EQ(assay({"run", "-q", "two"}).code, 130);
  cast_ = only_guest(0, signals<SIGHUP>);
  const auto again = assay({"run", "--resume", "-q"});
  EXPECT_EQ(again.code, 130);
  EXPECT_THAT(again.err, HasSubstr("assay: stopping: guests are being destroyed"));
  expect_to_go_on(last_run());
}

TEST_F(Resume, ASecondCtrlCEndsItAtOnce) {
  cast_ = only_guest(2, signals<SIGINT, 2>);
  const auto ended = assay({"run", "two"});
  EXPECT_EQ(ended.code, 130);
  EXPECT_EQ(ended.out, "") << "it printed no verdicts";
  expect_to_go_on(last_run());
}

TEST_F(Resume, NoFinishedTrialIsLostWhenItIsKilled) {
  cast_ = only_guest(3, signals<SIGKILL>);
  EXPECT_EQ(assay({"run", "two"}).code, -SIGKILL);
  const auto id = last_run();
  EXPECT_THAT(assay({"show"}).out, ContainsRegex("\ntrials    [4-8] of 12: "));
  expect_to_go_on(id);
}

TEST_F(Resume, TakesTheRunThatIsNamed) {
  cast_ = only_guest(0, signals<SIGINT>);
  static_cast<void>(assay({"run", "-q", "two"}));
  const auto first = last_run();
  all_is_well();
  run_it();
  EXPECT_NE(last_run(), first);
  const auto resumed = assay({"run", "--resume", first.substr(first.size() - 8)});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("\nrun       " + first + ", started "));
  const auto unclear = assay({"run", "--resume", "two"});
  EXPECT_EQ(unclear.code, 2);
  EXPECT_THAT(unclear.err, AllOf(StartsWith("assay: cannot find run \"two\": it may be "), HasSubstr(first)));
}

TEST_F(Resume, RefusesAnotherKernel) {
  cast_ = only_guest(0, signals<SIGINT>);
  static_cast<void>(assay({"run", "-q", "two"}));
  write("new", run::bz_image("newer"));
  const auto refused = assay({"run", "--resume", "-q"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(StartsWith("assay: cannot resume " + last_run() + ": kernel variant after was "),
                    EndsWith("start a new run, or undo the change to its patches, config or compiler\n")));
}

TEST_F(Resume, RefusesWhatIsSettledByItsBeginning) {
  expect_refused({"run", "--resume", "--workload", "one"}, 2, "cannot take --resume and --workload together");
  expect_refused({"run", "--resume", "--kernel", "a=b"}, 2, "cannot take --resume and --kernel together");
}

TEST_F(Resume, MayAskForMoreTrials) {
  EXPECT_EQ(assay({"run", "-q", "--trials", "1", "two"}).code, 3);
  const auto more = assay({"run", "--resume", "-q", "--trials", "2"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.out, HasSubstr("\ntrials    8 of 8: 8 passed\n"));
}

TEST_F(Resume, LeavesARunAloneThatGoesOn) {
  cast_ = only_guest(0, stops_the_program);
  auto going_on = start({"run", "two"});
  going_on.await_stop();
  const auto id = last_run();
  all_is_well();
  const auto refused = assay({"run", "--resume"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              ContainsRegex("^assay: cannot go on with run " + id + ": process [0-9]+ is writing it\n$"));
  expect_refused({"prune", id, "--yes"}, 2, "cannot remove run " + id + ": it is still running");
  const auto imported = assay({"import", "results", "--results", "other"});
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_THAT(imported.out, StartsWith(id + ", 0 trials: left alone: it is still running\n"));
  EXPECT_THAT(assay({"show"}).out, HasSubstr("\ntrials    0 of 12"));
  going_on.go_on();
  EXPECT_EQ(going_on.end().code, 0);
}

TEST_F(Resume, TwoAtOnceKeepOutOfEachOthersWay) {
  auto one = start({"run", "two"});
  auto other = start({"run", "two"});
  for (auto* running : {&one, &other}) {
    const auto ended = running->end();
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("\ntrials    12 of 12: 12 passed\n"));
  }
  const auto runs = assay({"runs"}).out;
  EXPECT_THAT(runs, ContainsRegex("two-[0-9a-f]+ +12/12  1 holds\n.*two-[0-9a-f]+ +12/12  1 holds\n"));
}

}  // namespace
}  // namespace assay::cli
