// SPDX-License-Identifier: GPL-2.0-or-later
// Whole runs, from an experiment's file to stored verdicts, with guests that are scripts.
#include "run/run.hpp"

#include "base/files.hpp"
#include "fake_run.hpp"
#include "quiet_progress.hpp"
#include "run/planned_guests.hpp"
#include "running.hpp"
#include "scratch.hpp"
#include "store/open_store.hpp"
#include "two_kernels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

namespace assay::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using trial::fake::FakeHypervisor;
using trial::fake::Inside;
using trial::fake::Script;

Task<> healthy(Inside& guest) {
  co_await guest.hello();
  co_await guest.serve();
}

Task<> panics_at_boot(Inside& guest) {
  guest.print("[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs\n");
  co_await guest.order();
}

Task<> ends_before_hello(Inside& guest) {
  guest.end("guest powered off");
  co_return;
}

/// An experiment of two kernels that are files, three repeats of two workloads in a shared guest, in a folder
/// of its own.
class WholeRun : public testing::Test {
 protected:
  WholeRun() {
    places_.images = scratch_.root() / "images";
    places_.experiments = scratch_.root() / "experiments";
    places_.agent = ASSAY_AGENT;
    places_.results = scratch_.root() / "results";
    places_.cache = scratch_.root() / "cache";
    places_.parts = {};
    scratch_.write("images/kernels/none", "");
    scratch_.write("old", bz_image("old"));
    scratch_.write("new", bz_image("new"));
    describe(3);
    cast_ = [](const machine::BootSpec&, unsigned) -> Script { return healthy; };
  }

  void describe(unsigned trials) const {
    scratch_.write("experiments/two/experiment.toml", two_kernels(scratch_.root(), trials, rule_));
  }

  Session session(QuietProgress& progress) {
    return {places_, interrupt_, progress,
            "",      false,      [this](machine::LibvirtOptions) { return hypervisor(); }};
  }

  Task<Result<std::unique_ptr<machine::Hypervisor>>> hypervisor() {
    if (no_hypervisor_) {
      co_return fail(Failure::infrastructure, "cannot connect to libvirt: it is not there");
    }
    auto made = std::make_unique<FakeHypervisor>(scratch_.root());
    made->cast = cast_;
    made->failing_creates = failing_creates_;
    std::unique_ptr<machine::Hypervisor> given = std::move(made);
    co_return given;
  }

  Result<Concluded> run(Wish wish) {
    auto around = session(progress_);
    interrupt_ = Interrupt();
    return run_on(io_, run_experiment(around, std::move(wish)));
  }
  Result<Concluded> run() { return run({"two", {}, false}); }
  Result<Concluded> resume() { return run({"", {}, true}); }

  /// "before/one#1 pass", sorted; all of the newest run in the database.
  std::vector<std::string> stored() const {
    auto results = store::open_store(places_.database());
    const auto found = (*results)->find_run("last");
    std::vector<std::string> list;
    if (found) {
      for (const auto& record : *(*results)->trials(found->id)) {
        list.push_back(fmt::format("{}/{}#{} {}", record.key.variant, record.key.workload,
                                   record.key.repeat + 1, name_of(record.outcome)));
      }
    }
    std::ranges::sort(list);
    return list;
  }

  static std::vector<std::string> all_passed(unsigned repeats) {
    std::vector<std::string> list;
    for (const auto* variant : {"after", "before"}) {
      for (const auto* workload : {"one", "two"}) {
        for (unsigned repeat = 1; repeat <= repeats; ++repeat) {
          list.push_back(fmt::format("{}/{}#{} pass", variant, workload, repeat));
        }
      }
    }
    return list;
  }

  asio::io_context io_;
  Scratch scratch_;
  Places places_;
  Interrupt interrupt_;
  QuietProgress progress_;
  FakeHypervisor::Cast cast_;
  /// Of the experiment's claim: each side is looked at by itself.
  std::string rule_{each_by_itself};
  bool no_hypervisor_ = false;
  unsigned failing_creates_ = 0;
};

TEST_F(WholeRun, IsJudgedAndStored) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->judged);
  const auto& view = outcome->judged->view;
  const auto& end = outcome->judged->end;
  EXPECT_TRUE(how_it_ended(*outcome->judged));
  EXPECT_EQ(view.run.state, "finished");
  EXPECT_EQ(view.run.settings,
            fmt::format(R"({{"kernels":["before={0}/old","after={0}/new"]}})", scratch_.root().string()))
      << "paths, for whoever resumes it from elsewhere";
  EXPECT_EQ(view.run.kernels.size(), 2U);
  ASSERT_EQ(view.verdicts.size(), 1U);
  EXPECT_EQ(view.verdicts.front().verdict, verdict::Verdict::holds) << view.verdicts.front().reason;
  EXPECT_EQ(stored(), all_passed(3));
  EXPECT_EQ(progress_.trials, 12U);
}

TEST_F(WholeRun, LeavesALogOfItself) {
  cast_ = [](const machine::BootSpec&, unsigned n) -> Script { return n == 1 ? ends_before_hello : healthy; };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  const auto& id = outcome->judged->view.run.id;
  const auto log = read_file(places_.runs() / id / "assay.log");
  ASSERT_TRUE(log);
  for (const auto* line :
       {"kernel before: 6.12.0 ", ", built", "0 of 12 trials are done", "-before-default-000: created in",
        "retry of ", "trial after/default/two#3 in guest after-default-002: pass after", ": finished"}) {
    EXPECT_THAT(*log, HasSubstr(line));
  }
  EXPECT_LT(log->size(), 12U * 2'000'000U / 700U) << "a run of 700 trials has less than 2 MB";
}

/// What a dry run would show, by variant.
Task<Result<std::map<std::string, guest::Spec>>> all_planned(Session& session, Wish wish) {
  auto inputs = co_await read_inputs(session, std::move(wish));
  if (!inputs) {
    co_return inputs.error();
  }
  auto known = co_await find_run_kernels(session, *inputs);
  if (!known) {
    co_return known.error();
  }
  auto hypervisor = co_await connect(session, Proof());
  if (!hypervisor) {
    co_return hypervisor.error();
  }
  auto guests = co_await planned_guests(session.places, *inputs, *known);
  if (!guests) {
    co_return guests.error();
  }
  std::map<std::string, guest::Spec> specs;
  for (const auto& one : *guests) {
    auto spec = co_await spec_of(**hypervisor, session.places, one);
    if (!spec) {
      co_return spec.error();
    }
    specs.emplace(one.variant, std::move(*spec));
  }
  co_return specs;
}

/// All that comes from somewhere, of a guest that is planned or booted.
std::vector<std::string> sources_of(const machine::BootSpec& boot) {
  return {boot.kernel.string(), boot.initramfs.string(), boot.kernel_arguments, boot.plugin.string()};
}

TEST_F(WholeRun, BootsWhatADryRunSays) {
  scratch_.write("modules/kernel/mm/zsmalloc.ko", std::string("\x7f"
                                                              "ELF\0vermagic=6.12.0 SMP\0depends=\0",
                                                              36));
  scratch_.write(
      "images/kernels/modular.toml",
      fmt::format("[source]\nprebuilt = \"{0}/new\"\nmodules = \"{0}/modules\"\n", scratch_.root().string()));
  std::map<std::string, std::vector<std::string>> booted;
  cast_ = [&](const machine::BootSpec& boot, unsigned) -> Script {
    const auto variant = boot.guest.find("-before-") != std::string::npos ? "before" : "after";
    booted.emplace(variant, sources_of(boot));
    return healthy;
  };
  experiment::Settings settings;
  settings.trials = 1;
  settings.kernels = {"after=modular"};
  const auto outcome = run({"two", settings, false});
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_EQ(booted.size(), 2U);
  auto around = session(progress_);
  const auto planned = run_on(io_, all_planned(around, {"two", settings, false}));
  ASSERT_TRUE(planned) << planned.error().text();
  std::map<std::string, std::vector<std::string>> told;
  for (const auto& [variant, spec] : *planned) {
    told.emplace(variant, sources_of(spec.boot));
  }
  EXPECT_EQ(told, booted);
  EXPECT_NE(told["before"][1], told["after"][1]) << "modules are in the initramfs";
}

TEST_F(WholeRun, MakesWhatTheSettingsSay) {
  experiment::Settings settings;
  settings.trials = 1;
  settings.workloads = {"two"};
  settings.seed = 5;
  const auto outcome = run({"two", settings, false});
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_THAT(stored(), ElementsAre("after/two#1 pass", "before/two#1 pass"));
  EXPECT_THAT(outcome->judged->view.run.settings, HasSubstr(R"({"trials":1,"workloads":["two"],"seed":5,)"));
  EXPECT_THAT(progress_.notes, testing::Contains(HasSubstr("left out, it needs more of the matrix: quiet")));
}

TEST_F(WholeRun, OfTheSameKernelTwiceBootsNothing) {
  rule_ = R"(rule = "no-more"
figure = "vmstat.pgfault"
base = "before"
head = "after")";
  describe(3);
  scratch_.write("new", bz_image("old"));
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_FALSE(outcome->judged);
  EXPECT_EQ(outcome->nothing_to_judge,
            "before and after are the same kernel: there is nothing to compare, and no claim is judged");
  EXPECT_EQ(progress_.trials, 0U);
  EXPECT_FALSE(std::filesystem::exists(places_.results)) << "there is no run";
}

TEST_F(WholeRun, OfTheSameKernelTwiceJudgesWhatIsOfOneSide) {
  scratch_.write("new", bz_image("old"));
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_TRUE(outcome->judged);
  EXPECT_EQ(stored(), all_passed(3));
}

TEST_F(WholeRun, GoesOnAfterEachOfItsStepsHasFailed) {
  // Before the run began: nothing is there to go on with, and a new run does it all.
  no_hypervisor_ = true;
  const auto unconnected = run();
  ASSERT_FALSE(unconnected);
  EXPECT_EQ(unconnected.error().kind(), Failure::infrastructure);
  EXPECT_THAT(stored(), IsEmpty());
  no_hypervisor_ = false;

  // Its folder cannot be made.
  scratch_.write("results/runs", "a file in the way");
  const auto unfoldered = run();
  ASSERT_FALSE(unfoldered);
  std::filesystem::remove(places_.runs());

  // No guest comes to be: given up, and gone on with.
  failing_creates_ = 1000;
  const auto given_up = resume();
  ASSERT_TRUE(given_up) << given_up.error().text();
  EXPECT_THAT(how_it_ended(*given_up->judged).error().text(),
              HasSubstr("the run was given up: cannot create the guest"));
  failing_creates_ = 0;

  // Ctrl-C after the third trial, and again.
  progress_.hear = [this](const trial::TrialRecord&) {
    if (progress_.trials % 3 == 0) {
      interrupt_.request();
    }
  };
  for (int i = 0; i < 2; ++i) {
    const auto stopped = resume();
    ASSERT_TRUE(stopped) << stopped.error().text();
    EXPECT_THAT(how_it_ended(*stopped->judged).error().text(), HasSubstr("to go on: assay run --resume "));
  }
  progress_.hear = nullptr;
  const auto finished = resume();
  ASSERT_TRUE(finished) << finished.error().text();
  EXPECT_TRUE(how_it_ended(*finished->judged));
  EXPECT_EQ(stored(), all_passed(3)) << "each trial once";
}

TEST_F(WholeRun, IsNotGoneOnWithOnOtherKernels) {
  progress_.hear = [this](const trial::TrialRecord&) { interrupt_.request(); };
  ASSERT_TRUE(run());
  progress_.hear = nullptr;
  scratch_.write("new", bz_image("newer"));
  const auto refused = resume();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Failure::usage);
  EXPECT_THAT(refused.error().text(), HasSubstr("kernel variant after was"));
}

TEST_F(WholeRun, LooksUntilItsClaimsAreDecided) {
  describe(2);
  experiment::Settings settings;
  settings.until_decided = true;
  settings.max_trials = 6;
  const auto outcome = run({"two", settings, false});
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(how_it_ended(*outcome->judged));
  EXPECT_FALSE(progress_.begun.empty());
  EXPECT_THAT(progress_.notes, testing::Contains(HasSubstr("look 1 of 3, 2 trials of each")));
  EXPECT_EQ(stored(), all_passed(static_cast<unsigned>(2 * progress_.begun.size())));
}

TEST_F(WholeRun, WithAKernelThatDoesNotBootRunsTheOther) {
  cast_ = [](const machine::BootSpec& boot, unsigned) -> Script {
    return boot.guest.find("-before-") != std::string::npos ? panics_at_boot : healthy;
  };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  const auto ended = how_it_ended(*outcome->judged);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind(), Failure::boot);
  EXPECT_THAT(ended.error().text(), HasSubstr("kernel variant before on default does not boot"));
  EXPECT_EQ(stored().size(), 6U);
  EXPECT_THAT(stored(), testing::Each(HasSubstr("after/")));
  EXPECT_NE(outcome->judged->view.verdicts.front().verdict, verdict::Verdict::holds);
}

TEST_F(WholeRun, TriesALostGuestOnceMore) {
  cast_ = [](const machine::BootSpec&, unsigned n) -> Script { return n == 1 ? ends_before_hello : healthy; };
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(stored(), all_passed(3));
  unsigned tried_twice = 0;
  for (const auto& record : outcome->judged->view.trials) {
    tried_twice += record.attempts == 2 ? 1 : 0;
  }
  EXPECT_EQ(tried_twice, 2U) << "both workloads were for that guest, and neither was made";
  EXPECT_THAT(progress_.notes, testing::Contains(HasSubstr("trying once more")));
}

Task<std::pair<Result<Concluded>, Result<Concluded>>> both(Session& one, Session& other, Wish wish) {
  using namespace asio::experimental::awaitable_operators;
  auto ended = co_await (run_experiment(one, wish) && run_experiment(other, wish));
  co_return std::pair(std::move(std::get<0>(ended)), std::move(std::get<1>(ended)));
}

TEST_F(WholeRun, TwoAtOnceKeepOutOfEachOthersWay) {
  QuietProgress others;
  auto one = session(progress_);
  auto other = session(others);
  const auto [first, second] = run_on(io_, both(one, other, {"two", {}, false}));
  for (const auto* outcome : {&first, &second}) {
    ASSERT_TRUE(*outcome) << outcome->error().text();
    EXPECT_TRUE(how_it_ended(*(*outcome)->judged));
    EXPECT_EQ((*outcome)->judged->view.trials.size(), 12U);
  }
  EXPECT_NE(first->judged->view.run.id, second->judged->view.run.id);
}

TEST_F(WholeRun, MistakesAreToldBeforeAnythingIsMade) {
  const auto unknown = run({"three", {}, false});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind(), Failure::usage);
  experiment::Settings settings;
  settings.machines = {"pc"};
  const auto machine = run({"two", settings, false});
  ASSERT_FALSE(machine);
  EXPECT_THAT(machine.error().text(), HasSubstr("--machine: experiment two has no \"pc\""));
  EXPECT_FALSE(std::filesystem::exists(places_.results));
  EXPECT_EQ(progress_.trials, 0U);
}

}  // namespace
}  // namespace assay::run
