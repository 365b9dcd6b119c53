// SPDX-License-Identifier: GPL-2.0-or-later
// `assay kernel` and `try`, on a source of a few lines that builds in no time.
#include "command.hpp"

#include "base/text.hpp"
#include "fake_source.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view patch = R"(From: A. Nonymous <a@example.org>
Subject: [PATCH] mm: another answer

Because of that.
---
 mm/memory.c | 2 +-

--- a/mm/memory.c
+++ b/mm/memory.c
@@ -1,3 +1,3 @@
 int memory(void) {
-  return 1;
+  return 2;
 }
)";

/// Variants `base` and `changed` of that source.
class Kernels : public OnFakes {
 protected:
  Kernels() {
    write("images/kernels/base.config", "CONFIG_SMP=y\n");
    write("images/kernels/base.toml",
          "arch = \"x86_64\"\nfragments = [\"base.config\"]\nsource = { directory = \"" + tree().string() +
              "\" }\n");
    write("images/kernels/change.patch", patch);
    write("images/kernels/changed.toml", "extends = \"base\"\nseries = \"change.patch\"\n");
  }

  [[nodiscard]] fs::path tree() const { return source_.root() / "linux-source-fake"; }
  void in_tree(const std::string& script) const {
    EXPECT_EQ(std::system(("cd " + tree().string() + " && " + script).c_str()), 0);
  }

  kernel::FakeSource source_;
};

TEST_F(Kernels, AreListedBuiltOrNot) {
  EXPECT_THAT(
      assay({"kernel", "list"}).out,
      MatchesRegex("base +x86_64 +[0-9a-f]{12}  not built\nchanged +x86_64 +[0-9a-f]{12}  not built\n"));
  const auto built = assay({"kernel", "build", "base"});
  EXPECT_EQ(built.code, 0) << built.err;
  EXPECT_EQ(built.out, "");
  EXPECT_THAT(built.err, ContainsRegex("kernel base: 6.12.0-fake [0-9a-f]{12}, built in "));
  EXPECT_THAT(assay({"kernel", "build", "base"}).err, EndsWith(", from the cache\n"));
  EXPECT_THAT(
      assay({"kernel", "list"}).out,
      ContainsRegex("^base +x86_64 +[0-9a-f]{12}  built, 6.12.0-fake, [^\n]+\nchanged .*  not built\n$"));
}

TEST_F(Kernels, HaveAPathALogAndAConfiguration) {
  expect_refused({"kernel", "path", "base"}, 2, "variant base is not built; assay kernel build base");
  expect_refused({"kernel", "log", "base"}, 2, "there is no log of base: it was not built yet");
  EXPECT_THAT(assay({"kernel", "config", "base"}).out, HasSubstr("CONFIG_SMP=y\n")) << "what it would have";
  ASSERT_EQ(assay({"kernel", "build", "-q", "base"}).code, 0);
  const auto path = assay({"kernel", "path", "base"}).out;
  EXPECT_THAT(path,
              AllOf(StartsWith((root() / "cache/assay/kernels/builds").string()), EndsWith("/image\n")));
  EXPECT_TRUE(fs::exists(path.substr(0, path.size() - 1)));
  EXPECT_THAT(assay({"kernel", "log", "base"}).out, HasSubstr("CC      mm/memory.o"));
  EXPECT_THAT(assay({"kernel", "config", "base"}).out, HasSubstr("CONFIG_SMP=y\n"));
}

TEST_F(Kernels, AreShownWithWhatWentIntoThem) {
  const auto before = assay({"kernel", "show", "changed"});
  EXPECT_EQ(before.code, 0) << before.err;
  EXPECT_THAT(before.out, AllOf(StartsWith("variant    changed, extends base\nid         "),
                                HasSubstr("\nstate      not built\n"),
                                HasSubstr("\nconfig     base.config\n"), HasSubstr("another answer\n")));
  const auto json = nlohmann::json::parse(assay({"kernel", "show", "--json", "changed"}).out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["variant"], "changed");
  EXPECT_EQ(json["patches"].size(), 1U);
}

TEST_F(Kernels, DifferByTheirPatches) {
  const auto ended = assay({"kernel", "diff", "base", "changed"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(ContainsRegex("^base \\([0-9a-f]{12}\\) -> changed \\([0-9a-f]{12}\\)\n"),
                               HasSubstr("another answer")));
  expect_refused({"kernel", "diff", "base"}, 2, "cannot tell a difference: name two variants, not 1");
}

TEST_F(Kernels, AnErrorOfTheCompilerIs125AndInTheLog) {
  source_.write("linux-source-fake/mm/memory.c", "#error no memory\n");
  const auto ended = assay({"kernel", "build", "-q", "base"});
  EXPECT_EQ(ended.code, 125);
  EXPECT_THAT(ended.err,
              AllOf(StartsWith("assay: cannot build base: "), HasSubstr("mm/memory.c:1:2: error")));
  EXPECT_THAT(assay({"kernel", "log", "base"}).out, HasSubstr("mm/memory.c:1:2: error"));
  EXPECT_EQ(assay({"exec", "-k", "base", "--", "true"}).code, 125);
}

TEST_F(Kernels, GarbageIsWhatNobodyNeeds) {
  ASSERT_EQ(assay({"kernel", "build", "-q", "base", "changed"}).code, 0);
  const auto told = assay({"kernel", "gc"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, ContainsRegex("would free [0-9.]+ [KM]iB; assay kernel gc --yes does it\n$"));
  EXPECT_THAT(assay({"kernel", "list"}).out, Not(HasSubstr("not built")));
  EXPECT_THAT(assay({"kernel", "gc", "--yes"}).out, ContainsRegex("freed [0-9.]+ [KM]iB\n$"));
  EXPECT_THAT(assay({"kernel", "list"}).out, Not(HasSubstr("  built")));
}

TEST_F(Kernels, OfAnExperimentAreKept) {
  auto text = text_of("experiments/two/experiment.toml");
  text.replace(text.find((root() / "old").string()), (root() / "old").string().size(), "base");
  write("experiments/two/experiment.toml", text);
  const auto ended = assay({"run", "two", "--kernel", "after=changed"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\nkernels   before = base, 6.12.0-fake ["));
  static_cast<void>(assay({"kernel", "gc", "--yes"}));
  EXPECT_THAT(assay({"kernel", "list"}).out, Not(HasSubstr("not built")));
  static_cast<void>(assay({"kernel", "gc", "--yes", "--runs", "0"}));
  EXPECT_THAT(assay({"kernel", "list"}).out,
              ContainsRegex("base [^\n]+  built,[^\n]+\nchanged [^\n]+  not built\n"));
}

class Try : public Kernels {
 protected:
  /// `assay try --tree TREE --like base -e two WORD...`
  Ended attempt(const Words& words) {
    Words line{"try", "--tree", tree().string(), "--like", "base", "-e", "two", "--trials", "2"};
    line.insert(line.end(), words.begin(), words.end());
    return assay(line);
  }
  void make_repository() const {
    in_tree(
        "git init -q -b main && git add -A && git -c user.name=t -c user.email=t@x commit -q -m one && git "
        "tag v1 "
        "&& sed -i 's/return 1/return 3/' mm/memory.c && git -c user.name=t -c user.email=t@x commit -q -a "
        "-m two");
  }
};

TEST_F(Try, ASeriesIsTheSideWithTheChange) {
  write("v1.patch", patch);
  const auto ended = attempt({"--series", "v1.patch"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, ContainsRegex("\nkernels   before = base, 6.12.0-fake \\[[0-9a-f]{12}\\]\n"
                                       "          after  = head, 6.12.0-fake \\[[0-9a-f]{12}\\]\n"));
  EXPECT_THAT(below("cache/assay/try"), testing::SizeIs(3)) << "variant files that stay";
  EXPECT_EQ(assay({"run", "--resume", "-q"}).code, 0) << "they are found again";
}

TEST_F(Try, TwoRevisionsAreTheSides) {
  make_repository();
  const auto ended = attempt({"--base", "v1", "--head", "main"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("\ntrials    8 of 8: 8 passed\n"));
}

TEST_F(Try, OneRevisionEndsAsABisectionWantsIt) {
  make_repository();
  const auto good = attempt({"--rev", "v1"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.err, StartsWith("assay: note: before stays the experiment's own kernel, " +
                                   (root() / "old").string() + "\n"));
  cast_ = only_on("after", skips);
  EXPECT_EQ(attempt({"--rev", "v1", "-q"}).code, 125) << "nothing was decided";
  EXPECT_EQ(attempt({"--rev", "v9", "-q"}).code, 128) << "it would be the same for any";
  EXPECT_EQ(assay({"try", "--rev", "v1"}).code, 128) << "what cannot be read, too";
  all_is_well();
  in_tree(
      "sed -i '1i #error no memory' mm/memory.c && git -c user.name=t -c user.email=t@x commit -q -a -m "
      "three");
  EXPECT_EQ(attempt({"--rev", "main", "-q"}).code, 125) << "it does not build";
}

TEST_F(Try, ItsMistakesAreToldBeforeAnythingIsBuilt) {
  const auto refused = [&](const Words& words, const std::string& said) {
    const auto ended = attempt(words);
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, StartsWith("assay: " + said));
  };
  refused({}, "what shall be tried? Give one of --series FILE");
  refused({"--series", "x", "--base", "y", "--head", "z"}, "what shall be tried? Give one of ");
  refused({"--head", "main"}, "--head main against what? Add --base REV\n");
  refused({"--base", "v1", "--head", "main"}, "");
  refused({"--series", "nosuch.mbox"}, "cannot read ");
  write("no.patch", "this is no patch\n");
  refused({"--series", "no.patch"}, "cannot ");
  write("v1.patch", patch);
  refused({"--series", "v1.patch", "--series-version", "x"},
          "--series-version x is no version, as 2 or 2.1 are\n");
  refused({"--series-version", "2", "--base", "a", "--head", "b"},
          "--series-version chooses among the revisions");
  fs::remove(tree() / "Makefile");
  refused({"--series", "v1.patch"}, tree().string() + " is no kernel tree: ");
  EXPECT_THAT(below("cache/assay/try"), testing::IsEmpty());
  EXPECT_TRUE(source_.compiled().empty());
}

TEST_F(Try, APatchThatDoesNotApplyIsNamedWithItsHunk) {
  std::string wrong(patch);
  wrong.replace(wrong.find("return 1"), 8, "return 7");
  write("v1.patch", wrong);
  const auto ended = attempt({"--series", "v1.patch", "-q"});
  EXPECT_NE(ended.code, 0);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot apply "), HasSubstr("mm/memory.c")));
  EXPECT_TRUE(source_.compiled().empty()) << "and the base was not built in vain";
}

TEST_F(Try, AConfigurationOfOnesOwnIsTaken) {
  write("images/kernels/configs/guest.config", "CONFIG_GUEST=y\n");
  write("images/kernels/configs/guest-x86_64.config", "");
  write("v1.patch", patch);
  Words words{"try",       "--tree",   tree().string(), "-e",       "two",
              "--dry-run", "--series", "v1.patch",      "--config", "mine"};
  write("mine", "CONFIG_MMU=y\n");
  const auto no_arch = assay(words);
  EXPECT_EQ(no_arch.code, 2);
  EXPECT_THAT(no_arch.err, EndsWith("mine is for neither x86_64 nor sparc64: it has no CONFIG_X86_64 and no "
                                    "CONFIG_SPARC64\n"));
  write("mine", "CONFIG_X86_64=y\nCONFIG_SMP=y\n");
  const auto taken = assay(words);
  EXPECT_EQ(taken.code, 0) << taken.err;
  EXPECT_THAT(taken.out, StartsWith("2 kernels (2 to build), "));
  EXPECT_EQ(
      assay({"try", "--tree", tree().string(), "-e", "two", "--series", "v1.patch", "--config", "nosuch"})
          .code,
      2);
}

}  // namespace
}  // namespace assay::cli
