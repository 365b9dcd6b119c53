// SPDX-License-Identifier: GPL-2.0-or-later
// `assay mutate`, on a source of a few lines that gcc compiles, and guests that are scripts.
#include "command.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

namespace assay::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Stands in for kbuild: what the code is decides what the image is, and nothing else does.
constexpr std::string_view makefile = R"(objects := mm/memory.o mm/slub.o

allnoconfig:
	@cp $(KCONFIG_ALLCONFIG) .config
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

olddefconfig:
	@mkdir -p include/config && echo 6.12.0-fake > include/config/kernel.release

bzImage: $(objects)
	@mkdir -p arch/x86/boot
	@echo "  LD      vmlinux"
	@$(CC) -nostdlib -static -Wl,-e,0,--build-id=none -o vmlinux $(objects)
	@objcopy -O binary -j .text vmlinux arch/x86/boot/bzImage

%.o: %.c
	@echo "  CC      $@"
	@$(CC) -O1 -ffreestanding -Werror=unused-parameter -c -o $@ $<
	@echo "savedcmd_$@ := $(CC) -O1 -Iinclude -c -o $@ $<" > $(dir $@).$(notdir $@).cmd
)";

constexpr std::string_view patch = R"(Subject: [PATCH] mm: not more than three

--- a/mm/memory.c
+++ b/mm/memory.c
@@ -1,6 +1,11 @@
 int taken;
 
-int memory(int wanted)
+int memory(int wanted, int *left)
 {
-	return wanted;
+	if (wanted > 3)
+		return -1;
+	taken += wanted;
+	left = 0;
+	wanted = 0;
+	return taken;
 }
)";

constexpr std::string_view experiment = R"([experiment]
name = "two"
title = "two kernels"
thread = "1@example.org"
guests = "shared"
trials = 5
[variants]
before.kernel = "base"
after.kernel = "changed"
[workloads]
one = { workload = "idle", params = { duration = "20ms" } }
other = { workload = "fault.shared" }
[[claims]]
id = "quiet"
says = "no kernel complains"
quote = "it does not complain"
author = "A. Nonymous"
workload = "one"
rule = "never"
count = "finding"
variants = ["before", "after"]
[[claims]]
id = "content"
says = "nothing is lost"
quote = "it loses nothing"
author = "A. Nonymous"
workload = "other"
rule = "never"
count = "check content"
variants = ["after"]
)";

Task<> complains_in(Inside& guest, std::string_view workload) {
  co_await guest.hello();
  while (const auto order = co_await guest.order()) {
    if (guest.workload() == workload) {
      guest.print("[    1.0] BUG: Bad page state in process agent  pfn:00042\n");
    }
    auto passed = link::sample::result(*order);
    co_await guest.send(std::move(passed));
  }
}

/// The kernel complains in the workload whose findings a claim counts, and in the other one.
Task<> complains_in_one(Inside& guest) { co_await complains_in(guest, "idle"); }
Task<> complains_in_other(Inside& guest) { co_await complains_in(guest, "fault.shared"); }

/// The first workload cannot be run on it.
Task<> skips_idle(Inside& guest) {
  const link::sample::ResultWords skipped{wire::Fate::finished, wire::Outcome::skip, "no userfaultfd", true,
                                          0};
  const link::sample::ResultWords passed;
  co_await guest.hello();
  while (const auto order = co_await guest.order()) {
    co_await guest.send(link::sample::result(*order, guest.workload() == "idle" ? skipped : passed));
  }
}

/// Ctrl-C while a guest runs its first workload.
Task<> interrupts(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  ::kill(::getpid(), SIGINT);
  co_await guest.live();
}

/// As Ctrl-Z.
Task<> stops_the_program_once(Inside& guest) {
  co_await guest.hello();
  ::kill(::getpid(), SIGSTOP);
  co_await guest.serve();
}

class Mutate : public OnFakes {
 protected:
  Mutate() {
    write("tree/Makefile", makefile);
    write("tree/Kconfig", "");
    write("tree/arch/x86/Makefile", "");
    write("tree/mm/memory.c", "int taken;\n\nint memory(int wanted)\n{\n\treturn wanted;\n}\n");
    write("tree/mm/slub.c", "int slub(int order)\n{\n\treturn order;\n}\n");
    write("images/kernels/base.config", "CONFIG_SMP=y\n");
    write("images/kernels/base.toml",
          "arch = \"x86_64\"\nfragments = [\"base.config\"]\nsource = { directory = \"" +
              (root() / "tree").string() + "\" }\n");
    write("images/kernels/change.patch", patch);
    write("images/kernels/changed.toml", "extends = \"base\"\nseries = \"change.patch\"\n");
    write("experiments/two/experiment.toml", experiment);
    cast_ = [this](const machine::BootSpec& boot, unsigned) -> Script {
      Script script = is_well;
      std::size_t said = 0;
      for (const auto& [name, odd] : odd_) {
        if (boot.guest.find(name) != std::string::npos && name.size() > said) {
          script = odd;
          said = name.size();
        }
      }
      return script;
    };
  }

  /// What all these tests have: no emulation, so that no plugin of QEMU is looked for in a script.
  Ended mutate(Words more = {}) {
    Words words{"mutate", "two", "--accel", "kvm", "--trials", "2", "--jobs", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return assay(words);
  }

  static json parsed(const Ended& ended) {
    EXPECT_TRUE(json::accept(ended.out)) << ended.out << ended.err;
    return json::accept(ended.out) ? json::parse(ended.out) : json();
  }

  json listed() { return parsed(mutate({"--list", "--json"})); }

  /// The first mutant of that line and operator.
  static json mutant(const json& score, unsigned line, std::string_view op) {
    for (const auto& one : score["mutants"]) {
      if (one["line"] == line && one["operator"] == op) {
        return one;
      }
    }
    ADD_FAILURE() << "no " << op << " in line " << line;
    return {};
  }

  /// Guests whose name has this in it play the script, those of several the one that says most; others are
  /// well.
  void play_on(std::string name, Script script) { odd_.insert_or_assign(std::move(name), std::move(script)); }
  void play(const json& mutant, Script script) {
    play_on(mutant["id"].get<std::string>(), std::move(script));
  }

  /// How many mutants have this fate.
  static unsigned count(const json& score, const std::string& fate) { return score["score"][fate]; }

  [[nodiscard]] json kept() const { return json::parse(text_of(folder_ / "score.json")); }

  const fs::path folder_ = "results/mutants/two-after";
  std::map<std::string, Script> odd_;
};

void expect_killed(const json& mutant, std::string_view killer, std::string_view claim) {
  EXPECT_EQ(mutant["fate"], "killed") << mutant;
  EXPECT_EQ(mutant["killer"], killer) << mutant;
  EXPECT_EQ(mutant["claim"], claim) << mutant;
}

TEST_F(Mutate, FindsTheFateOfEachMutant) {
  const auto listed = this->listed();
  play(mutant(listed, 5, "condition made true"), complains_in_one);
  play(mutant(listed, 5, "error path skipped"), complains_in_other);
  play(mutant(listed, 5, "condition negated"), fails_checks);
  play(mutant(listed, 6, "return value replaced"), skips_idle);
  play(mutant(listed, 7, "statement left out"), panics_at_boot);
  const auto ended = mutate({"--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  const auto score = parsed(ended);
  EXPECT_THAT(score["held"], ElementsAre("quiet", "content"));
  expect_killed(mutant(score, 5, "condition made true"), "claim refuted", "quiet");
  expect_killed(mutant(score, 5, "error path skipped"), "finding", "");
  expect_killed(mutant(score, 5, "condition negated"), "check failed", "");
  expect_killed(mutant(score, 6, "return value replaced"), "claim undecided", "quiet");
  expect_killed(mutant(score, 7, "statement left out"), "no boot", "");
  const auto survivor = mutant(score, 7, "operator exchanged");
  EXPECT_EQ(survivor["fate"], "survived");
  EXPECT_EQ(survivor["trials"], 4) << "two of each workload";
  const auto broken = mutant(score, 8, "statement left out");
  EXPECT_EQ(broken["fate"], "does not compile");
  EXPECT_THAT(broken["why"].get<std::string>(), HasSubstr("error: unused parameter"));
  EXPECT_EQ(mutant(score, 9, "statement left out")["fate"], "same code");
  EXPECT_EQ(mutant(score, 9, "statement left out")["why"], "its image is the original's");
  EXPECT_EQ(count(score, "waiting"), 0U);

  EXPECT_EQ(kept(), score);
  EXPECT_THAT(text_of(folder_ / "mutants.html"), HasSubstr(survivor["id"].get<std::string>()));
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
  EXPECT_THAT(assay({"kernel", "list"}).out, AllOf(Not(HasSubstr("not built")), Not(HasSubstr("mutant"))));
  EXPECT_EQ(
      std::distance(fs::directory_iterator(root() / "cache/assay/kernels/work"), fs::directory_iterator()), 1)
      << "the tree of the base";
}

TEST_F(Mutate, TriesNothingAgain) {
  play(parsed(mutate({"--list", "--json", "--most", "2"}))["mutants"][0], complains_in_one);
  const auto first = mutate({"--most", "2"});
  EXPECT_EQ(first.code, 0) << first.err;
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return ends_the_program; };
  const auto again = mutate({"--most", "2"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
}

TEST_F(Mutate, TriesAllAgainUnderAnotherExperiment) {
  play(parsed(mutate({"--list", "--json", "--most", "2"}))["mutants"][0], complains_in_one);
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U);
  odd_.clear();
  write("experiments/two/experiment.toml", std::string(experiment) + "# a word\n");
  EXPECT_EQ(count(parsed(mutate({"--most", "2", "--json"})), "killed"), 1U) << "it judges as before";
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("20ms"), 4, "30ms"));
  const auto again = mutate({"--most", "2", "--json"});
  EXPECT_THAT(again.err, HasSubstr("experiment, kernels or agent have changed: all mutants are judged anew"));
  EXPECT_EQ(count(parsed(again), "killed"), 0U);
  EXPECT_EQ(count(parsed(again), "survived"), 1U) << "the other one does not compile";
}

TEST_F(Mutate, KeepsWhatIsKnownWhenItIsInterrupted) {
  const auto all = parsed(mutate({"--list", "--json", "--most", "4"}))["mutants"];
  play(all[0], complains_in_one);
  play(all[1], interrupts);
  const auto stopped = mutate({"--most", "4"});
  EXPECT_EQ(stopped.code, 130);
  EXPECT_THAT(stopped.err,
              HasSubstr("assay: stopping: guests are being destroyed, what is known of mutants is kept"));
  EXPECT_THAT(stopped.err, EndsWith("assay: interrupted; the same command goes on\n"));
  const auto half = kept();
  EXPECT_EQ(count(half, "killed"), 1U);
  EXPECT_EQ(count(half, "waiting"), 3U);
  EXPECT_EQ(half["mutants"][1]["trials"], 0);
  odd_.clear();
  const auto ended = mutate({"--most", "4", "--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.err, Not(HasSubstr("trials of the unchanged kernels")));
  const auto whole = parsed(ended);
  EXPECT_EQ(whole["baseline"], half["baseline"]);
  EXPECT_EQ(count(whole, "waiting"), 0U);
  EXPECT_EQ(whole["mutants"][0], half["mutants"][0]);
  EXPECT_EQ(whole["mutants"][1]["fate"], "survived");
}

TEST_F(Mutate, IsNotedByAGuestThatGoesAwayWhereTheUnchangedOneStays) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, dies_after_hello);
  const auto killed = mutate({"--most", "1", "--json"});
  EXPECT_EQ(killed.code, 0) << killed.err;
  expect_killed(parsed(killed)["mutants"][0], "finding", "");
  EXPECT_THAT(parsed(killed)["mutants"][0]["why"].get<std::string>(), HasSubstr("guest powered off"));
}

TEST_F(Mutate, EndsWhereTheUnchangedKernelIsLostAsWell) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, dies_after_hello);
  play_on("after-default-1000", dies_after_hello);
  const auto lost = mutate({"--most", "1"});
  EXPECT_EQ(lost.code, 70) << lost.err;
  EXPECT_THAT(lost.err, HasSubstr("assay: cannot try the mutants of after: guest powered off"));
  EXPECT_EQ(kept()["mutants"][0]["fate"], "waiting");
}

TEST_F(Mutate, DecidesNothingByATrialThatWasCutOff) {
  const auto one = parsed(mutate({"--list", "--json", "--most", "1"}))["mutants"][0];
  play(one, skips_idle);
  play_on(one["id"].get<std::string>() + "-default-1000", interrupts);  // where what it showed is seen again
  EXPECT_EQ(assay({"mutate", "two", "--accel", "kvm", "--most", "1", "--trials", "1"}).code, 130);
  EXPECT_EQ(kept()["mutants"][0]["fate"], "waiting");
}

TEST_F(Mutate, IsInterruptedBeforeTheFirstMutant) {
  play_on("after-", interrupts);
  const auto stopped = mutate();
  EXPECT_EQ(stopped.code, 130);
  EXPECT_EQ(stopped.out, "");
  EXPECT_THAT(stopped.err, Not(HasSubstr("assay run --resume")));
  EXPECT_THAT(stopped.err, EndsWith("assay: interrupted; the same command goes on\n"));
  odd_.clear();
  EXPECT_EQ(mutate({"--most", "1"}).code, 1);
}

TEST_F(Mutate, RefusesToBeAtWorkTwice) {
  play_on("after-default-000", stops_the_program_once);
  auto first = start({"mutate", "two", "--accel", "kvm", "--trials", "2", "--jobs", "1", "--most", "1"});
  first.await_stop();
  expect_refused(
      {"mutate", "two", "--accel", "kvm"}, 2,
      "cannot mutate after of two: another assay mutate is at work in ROOT/results/mutants/two-after");
  first.go_on();
  EXPECT_EQ(first.end().code, 1);
}

TEST_F(Mutate, BeginsNoMutantWhenTheTimeIsOver) {
  const auto ended = mutate({"--hours", "0.000000001", "--json"});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_EQ(count(parsed(ended), "waiting"), parsed(ended)["mutants"].size());
}

TEST_F(Mutate, ListsWithoutATrialAndLeavesNothing) {
  const auto ended = mutate({"--list", "--most", "2"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, ContainsRegex("^[0-9a-f]{12} mm/memory.c:5 memory condition made true\n"
                                       "--- a/mm/memory.c\n\\+\\+\\+ b/mm/memory.c\n@@ "));
  EXPECT_FALSE(fs::exists(root() / "results"));
  EXPECT_EQ(below("cache/assay/mutate"), std::vector<std::string>());
}

TEST_F(Mutate, SaysWhatToDoWithADamagedScore) {
  write(folder_ / "score.json", "{\"schema\": 1");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot go on in " + (root() / folder_).string()),
                               HasSubstr("move score.json away")));
  EXPECT_EQ(text_of(folder_ / "score.json"), "{\"schema\": 1") << "it is still there";
}

TEST_F(Mutate, NeedsAFolderForItsResults) {
  write("results", "a file in the way");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2) << ended.err;
  EXPECT_THAT(ended.err, StartsWith("assay: cannot use " + (root() / "results").string() + " for results: "));
}

TEST_F(Mutate, EndsWhenItCanKeepNothingMore) {
  const auto all = listed()["mutants"];
  static fs::path score;  // scripts capture nothing
  score = root() / folder_ / "score.json";
  play(all[1], [](Inside& guest) -> Task<> {
    std::error_code ignored;
    fs::remove(score, ignored);
    fs::create_directories(score / "in the way", ignored);
    co_await guest.hello();
    co_await guest.serve();
  });
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 70) << ended.err;
  EXPECT_THAT(ended.err, ContainsRegex("\nassay: cannot replace [^\n]*score.json [^\n]*: Is a directory\n$"));
}

TEST_F(Mutate, NeedsAClaimThatHolds) {
  play_on("after-", fails_checks);
  write("experiments/two/experiment.toml",
        std::string(experiment).replace(experiment.find("count = \"finding\""), 17, "count = \"failure\""));
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              EndsWith("assay: no claim on after holds for the unchanged kernels: nothing could notice "
                       "a mutant\n"));
}

TEST_F(Mutate, RefusesAKernelThatIsNoticedUnchanged) {
  play_on("unchanged", complains_in_other);
  const auto noticed = mutate();
  EXPECT_EQ(noticed.code, 125) << noticed.err;
  EXPECT_THAT(noticed.err,
              HasSubstr("assay: cannot mutate after: unchanged, it is noticed as well: finding in other: "
                        "BUG: Bad page state"));
  play_on("unchanged", ends_before_hello);
  const auto unbooted = mutate();
  EXPECT_EQ(unbooted.code, 125) << unbooted.err;
  EXPECT_THAT(unbooted.err, HasSubstr("assay: cannot mutate after: unchanged, it does not get through on "));
}

TEST_F(Mutate, DisregardsAClaimThatNoticesTheUnchangedKernel) {
  play_on("unchanged", complains_in_one);
  const auto ended = mutate({"--most", "1", "--json"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("claim quiet notices the unchanged kernel, too, and is disregarded: "));
  EXPECT_THAT(parsed(ended)["held"], ElementsAre("content"));
  EXPECT_THAT(parsed(ended)["not_held"], ElementsAre("quiet"));
  odd_.clear();
  const auto more = parsed(mutate({"--most", "2", "--json"}));
  EXPECT_THAT(more["not_held"], ElementsAre("quiet")) << "also by a call that goes on";
}

TEST_F(Mutate, SaysWhatItCannotBreak) {
  expect_refused({"mutate", "two", "--variant", "afer"}, 2,
                 "--variant afer: two has no such variant; did you mean \"after\"?");
  expect_refused({"mutate", "two", "--base", "befor"}, 2,
                 "--base befor: two has no such variant; did you mean \"before\"?");
  expect_refused({"mutate", "two", "--base", "after"}, 2,
                 "--base after: a variant does not differ from itself");
  expect_refused(
      {"mutate", "two", "--variant", "before"}, 2,
      "what of before is mutated? Name functions by --function, or the variant without the patch by --base");
  const auto unknown = mutate({"--function", "mm/memory.c:memry"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"memory\"?"));
  const auto elsewhere = mutate({"--function", "slub"});
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_THAT(elsewhere.err, HasSubstr("write FILE:FUNCTION, as in mm/memory.c:slub"));
}

TEST_F(Mutate, BreaksFunctionsOfFilesThatThePatchLeavesAlone) {
  const auto ended = mutate({"--function", "mm/slub.c:slub", "--list", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const auto score = parsed(ended);
  for (const auto& one : score["mutants"]) {
    EXPECT_EQ(one["file"], "mm/slub.c");
  }
}

TEST_F(Mutate, LeavesOutFilesThatThisKernelDoesNotCompile) {
  write("images/kernels/change.patch",
        std::string(patch) +
            "--- /dev/null\n+++ b/mm/extra.c\n@@ -0,0 +1,4 @@\n+int extra(int order)\n+{\n+\treturn "
            "order + 1;\n+}\n");
  const auto ended = mutate({"--list", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("cannot mutate mm/extra.c: this kernel does not compile it"));
  const auto score = parsed(ended);
  for (const auto& one : score["mutants"]) {
    EXPECT_EQ(one["file"], "mm/memory.c");
  }
}

TEST_F(Mutate, NeedsSomethingToBreak) {
  write("images/kernels/change.patch",
        "Subject: [PATCH] mm: a word\n\n--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 "
        "+1,4 @@\n int taken;\n+/* a word */\n \n int memory(int wanted)\n");
  const auto ended = mutate();
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err,
              HasSubstr("assay: cannot mutate after: there is nothing to break in these lines; take more of "
                        "them by --context, or functions by --function\n"));
  EXPECT_FALSE(fs::exists(root() / "results"));
}

}  // namespace
}  // namespace assay::cli
