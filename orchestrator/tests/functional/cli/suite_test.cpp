// SPDX-License-Identifier: GPL-2.0-or-later
// `assay suite` on guests that are scripts: what is kept when something goes wrong.
#include "command.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

namespace assay::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using trial::fake::FakeHypervisor;

/// A test that passes, with a subtest that does.
Task<> passes(Inside& guest) {
  co_await guest.hello();
  while (const auto order = co_await guest.order()) {
    co_await guest.send(link::sample::output(*order, wire::Stream::out, "1..1\nok 1 sub\n"));
    co_await guest.send(link::sample::ended(*order, wire::ProgramEnd::exited, 0));
    co_await guest.send(link::sample::result(*order));
  }
}

/// Sends SIGINT to the program when the test runs.
Task<> is_interrupted(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  ::raise(SIGINT);
  co_await guest.live();
}

/// Guest n plays the n-th script; all others pass.
FakeHypervisor::Cast play(std::vector<Script> scripts) {
  return [scripts = std::move(scripts)](const machine::BootSpec&, unsigned n) -> Script {
    return n < scripts.size() ? scripts[n] : passes;
  };
}

class SuiteOnScripts : public OnFakes {
 protected:
  void SetUp() override {
    const std::string selftests = "tree/tools/testing/selftests/";
    write("tree/Makefile", "headers:\n");
    for (const auto* folder : {"scripts", "include", "arch/x86", "usr", "mm", "lib"}) {
      write(fs::path("tree") / folder / "file.c", "");
    }
    write(selftests + "Makefile", "TARGETS += mini\nall:\n\t$(MAKE) -C $(TARGETS)\n");
    write(selftests + "mini/Makefile", "TEST_PROGS := a.sh b.sh c.sh\nall:\n");
    for (const auto* name : {"a.sh", "b.sh", "c.sh"}) {
      write(selftests + "mini/" + name, "#!/bin/bash\n");
    }
    fs::create_directory(root() / "results");
  }

  Ended suite(Words words = {}) {
    words.insert(words.begin(), {"suite", "-q", "mini", "-k", "./old", "--tests", "tree", "--json"});
    return assay(words);
  }

  /// The tests that have an end, and "missed NAME".
  static std::vector<std::string> told(const Ended& ended) {
    const auto json = nlohmann::json::parse(ended.out, nullptr, false);
    std::vector<std::string> lines;
    if (json.is_discarded()) {
      return {"no JSON: " + ended.out + ended.err};
    }
    for (const auto& test : json["tests"]) {
      lines.push_back(test["test"].get<std::string>() + " " + test["base"][0]["end"].get<std::string>());
    }
    for (const auto& one : json["missed"]) {
      lines.push_back("missed " + one["category"].get<std::string>());
    }
    return lines;
  }
};

TEST_F(SuiteOnScripts, RunsEachProgramInAGuestOfItsOwn) {
  cast_ = play({});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(told(ended), ElementsAre("a.sh passed", "a.sh: sub passed", "b.sh passed", "b.sh: sub passed",
                                       "c.sh passed", "c.sh: sub passed"));
}

TEST_F(SuiteOnScripts, TriesAGuestThatNeverSaysHelloOnceMore) {
  cast_ = play({passes, ends_before_hello});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("trying once more"));
  EXPECT_THAT(told(ended), testing::SizeIs(6));
}

TEST_F(SuiteOnScripts, GoesOnBehindACategoryThatLostTwoGuests) {
  cast_ = play({passes, ends_before_hello, ends_before_hello});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 125) << ended.err;
  EXPECT_THAT(told(ended), ElementsAre("a.sh passed", "a.sh: sub passed", "c.sh passed", "c.sh: sub passed",
                                       "missed b.sh"));
  EXPECT_THAT(ended.err, HasSubstr("1 of 3 categories did not run to the end: cannot run b.sh: "));
}

TEST_F(SuiteOnScripts, KeepsWhatEndedWhenNoGuestComesAnyMore) {
  cast_ = play({passes, ends_before_hello, ends_before_hello, ends_before_hello, ends_before_hello});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 125) << ended.err;
  EXPECT_THAT(told(ended), ElementsAre("a.sh passed", "a.sh: sub passed", "missed b.sh", "missed c.sh"));
}

TEST_F(SuiteOnScripts, KeepsWhatEndedBeforeCtrlC) {
  cast_ = play({passes, is_interrupted});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 130) << ended.err;
  EXPECT_THAT(told(ended), ElementsAre("a.sh passed", "a.sh: sub passed", "missed b.sh", "missed c.sh"));
}

TEST_F(SuiteOnScripts, LeavesUndecidedWhatDiffersWhenItIsStopped) {
  cast_ = play({passes, dies_after_hello, is_interrupted});
  const auto ended = suite({"-k", "./new", "-c", "a.sh"});
  EXPECT_EQ(ended.code, 130) << ended.err;
  const auto json = nlohmann::json::parse(ended.out);
  EXPECT_EQ(json["tests"][0]["told"], "undecided");
}

TEST_F(SuiteOnScripts, IsAnErrorWhenNothingEnded) {
  cast_ = play({ends_before_hello, ends_before_hello, ends_before_hello, ends_before_hello});
  const auto ended = suite();
  EXPECT_EQ(ended.code, 125) << ended.err;
  EXPECT_THAT(ended.out, IsEmpty());
  failing_creates_ = 9;
  EXPECT_EQ(suite().code, 70);
}

TEST_F(SuiteOnScripts, RefusesWhatDoesNotGoTogether) {
  const auto refused = [this](const Words& words, const std::string& said) {
    const auto ended = assay(words);
    EXPECT_EQ(ended.code, 2) << said;
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, HasSubstr(said));
  };
  refused({"suite", "-k", "./old"}, "which suite? mm, another folder");
  refused({"suite", "ltp", "-k", "./old"}, "where is LTP? Give --ltp FOLDER");
  refused({"suite", "mm", "-k", "./old", "--ltp", "tree"}, "--ltp is of the suite ltp");
  refused({"suite", "ltp", "-k", "./old", "--ltp", "tree"}, "tree is no folder of LTP");
  refused({"suite", "stress-ng", "-k", "./old", "--tests", "tree"}, "--tests is of the kernel's own tests");
  refused({"suite", "mm", "-k", "./old", "--stress-ops", "3"}, "--stress-ops is of the suite stress-ng");
  refused({"suite", "mini", "-k", "./old"}, "brings no tests; --tests FOLDER takes those of a tree");
  refused({"suite", "mino", "-k", "./old", "--tests", "tree"}, "no suite \"mino\"");
}

TEST_F(SuiteOnScripts, ListsTheSuitesOfASource) {
  const auto ended = assay({"suite", "-q", "--list", "-k", "./old", "--tests", "tree"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "mini\nltp\nstress-ng\n");
}

}  // namespace
}  // namespace assay::cli
