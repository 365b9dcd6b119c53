// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_source.hpp"
#include "kernel/cache.hpp"
#include "kernel/debug_sources.hpp"
#include "kernel/progress.hpp"
#include "kernel/source.hpp"
#include "kernel/source_find.hpp"
#include "running.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <thread>

namespace assay::kernel {
namespace {

using Objects = std::vector<std::string>;

std::string text_of(const fs::path& path) {
  auto text = read_file(path);
  EXPECT_TRUE(text) << path;
  return text ? *text : "";
}

void expect_error(const Result<Kernel>& kernel, Failure kind, const std::vector<std::string>& parts) {
  ASSERT_FALSE(kernel);
  EXPECT_EQ(kernel.error().kind(), kind) << kernel.error().text();
  for (const auto& part : parts) {
    EXPECT_NE(kernel.error().text().find(part), std::string::npos)
        << "no \"" << part << "\" in: " << kernel.error().text();
  }
}

/// Builds `name` in a process of its own.
pid_t start_build(const FakeSource& source, std::string_view name) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(source.build(name) ? 0 : 1);
  }
  return pid;
}

int end_of(pid_t pid) {
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 400; ++i) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

TEST(BuilderTest, AVariantCompilesOnlyWhatItChanges) {
  const FakeSource source;
  const auto changed = source.build("changed");
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_EQ(source.compiled(), (Objects{"mm/memory.o", "mm/slub.o", "mm/memory.o"}));
  EXPECT_EQ(changed->release, "6.12.0-fake");
  EXPECT_NE(text_of(changed->image).find("return 2"), std::string::npos);

  const auto base = source.build("base");
  ASSERT_TRUE(base) << base.error().text();
  EXPECT_NE(text_of(base->image).find("return 1"), std::string::npos) << "the base keeps its own source";
  EXPECT_NE(base->id, changed->id);
  EXPECT_EQ(source.compiled().size(), 3U) << "the base was built on the way";
  EXPECT_NE(text_of(changed->provenance).find("memory.patch"), std::string::npos);
}

TEST(BuilderTest, AnImageOfTheSameSizeIsItsOwn) {
  const FakeSource source;
  const auto base = source.build("base");
  const auto changed = source.build("changed");
  ASSERT_TRUE(base && changed);
  const std::string base_image = text_of(base->image);
  const std::string changed_image = text_of(changed->image);
  ASSERT_EQ(base_image.size(), changed_image.size());
  EXPECT_NE(base_image.find("return 1"), std::string::npos);
  EXPECT_NE(changed_image.find("return 2"), std::string::npos);
}

TEST(BuilderTest, AFinishedKernelIsFoundAndNotBuiltAgain) {
  const FakeSource source;
  EXPECT_FALSE(source.find("base"));
  const auto first = source.build("base");
  ASSERT_TRUE(first) << first.error().text();
  const auto compiled = source.compiled().size();
  const auto again = source.build("base");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(source.compiled().size(), compiled);
  ASSERT_TRUE(source.find("base"));
  EXPECT_EQ(source.find("base")->image, first->image);
}

TEST(BuilderTest, ProgressRunsForwardToOne) {
  const FakeSource source;
  std::vector<BuildProgress> steps;
  ASSERT_TRUE(source.build("changed", &steps));
  ASSERT_FALSE(steps.empty());
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end(),
                             [](const auto& a, const auto& b) { return a.fraction < b.fraction; }));
  EXPECT_DOUBLE_EQ(steps.back().fraction, 1);
  const auto compiles = [&](std::string_view what) {
    return std::any_of(steps.begin(), steps.end(), [&](const auto& step) { return step.step == what; });
  };
  EXPECT_TRUE(compiles("base: compiling mm/slub.o"));
  EXPECT_TRUE(compiles("compiling mm/memory.o"));
}

TEST(BuilderTest, APatchThatDoesNotFitNamesItsHunk) {
  const FakeSource source;
  source.write(
      "images/kernels/change/memory.patch",
      "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@ int memory\n int memory(void) {\n-  return 7;\n"
      "+  return 2;\n }\n");
  expect_error(source.build("changed"), Failure::build,
               {"cannot build changed: cannot apply ", "memory.patch",
                "mm/memory.c: hunk at line 3 of the patch", "@@ -1,3 +1,3 @@ int memory"});
  EXPECT_FALSE(source.find("changed"));
}

TEST(BuilderTest, FuzzIsNotTolerated) {
  const FakeSource source;
  source.write("images/kernels/change/memory.patch",
               "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(int) {\n-  return 1;\n"
               "+  return 2;\n }\n");
  expect_error(source.build("changed"), Failure::build, {"hunk at line 3"});
}

TEST(BuilderTest, HostilePatchesAreRefused) {
  const FakeSource source;
  source.write("images/kernels/change/memory.patch",
               "--- /dev/null\n+++ b/../../../escaped\n@@ -0,0 +1 @@\n+gone\n");
  expect_error(source.build("changed"), Failure::build, {"leaves the kernel tree"});
  source.write("images/kernels/change/memory.patch",
               "--- a/mm/none.c\n+++ b/mm/none.c\n@@ -1 +1 @@\n-a\n+b\n");
  expect_error(source.build("changed"), Failure::build, {"the source has no file mm/none.c"});
}

TEST(BuilderTest, ACompileErrorIsQuoted) {
  const FakeSource source;
  source.write("images/kernels/change/memory.patch",
               "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,4 @@\n int memory(void) {\n+#error no "
               "moon\n   return 1;\n"
               " }\n");
  const auto kernel = source.build("changed");
  expect_error(kernel, Failure::build,
               {"the kernel does not compile", "mm/memory.c:1:2: error: #error", "the whole log: "});
  const std::string text = kernel.error().text();
  const fs::path log = text.substr(text.rfind(": ") + 2);
  EXPECT_NE(text_of(log).find("CC      mm/memory.o"), std::string::npos);
  EXPECT_FALSE(source.find("changed"));
  EXPECT_TRUE(source.find("base"));
}

TEST(BuilderTest, DroppedOptionsAreNamed) {
  const FakeSource source;
  source.write("images/kernels/base.config", "CONFIG_SMP=y\nCONFIG_GONE=y\n");
  expect_error(source.build("base"), Failure::build,
               {"Kconfig dropped 1 option", "CONFIG_GONE=y (",
                "base.config:2): it is off; it depends on MOON (mm/Kconfig:1), of which off: MOON"});
  EXPECT_TRUE(source.compiled().empty());
}

TEST(BuilderTest, OfAConfigThatKernelsStartFromNothingIsLostInSilence) {
  const FakeSource source;
  source.write("images/kernels/whole.config", "CONFIG_GONE=y\nCONFIG_SMP=y\n");
  source.write("images/kernels/base.toml",
               "config = \"whole.config\"\nsource = { debian = \"linux-source-fake\" }\n");
  expect_error(source.build("base"), Failure::build, {"CONFIG_GONE=y (", "whole.config:1): it is off"});
  source.write("images/kernels/whole.config", "CONFIG_GONE_ELSEWHERE=y\nCONFIG_SMP=y\n");
  const auto kernel = source.build("base");
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(kernel->note, "this kernel does not have 1 option of its .config: CONFIG_GONE_ELSEWHERE");
  EXPECT_EQ(source.find("base")->note, kernel->note);
}

TEST(BuilderTest, TheConfigurationIsToldWithoutCompiling) {
  const FakeSource source;
  const auto config = source.configuration("changed");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(*config, "CONFIG_SMP=y\n");
  EXPECT_TRUE(source.compiled().empty());
  EXPECT_TRUE(fs::is_empty(source.root() / "cache/work"));
}

TEST(BuilderTest, ModulesComeAlong) {
  const FakeSource source;
  EXPECT_EQ(source.build("base")->modules, "");
  source.write("images/kernels/base.config", "CONFIG_SMP=y\nCONFIG_LATE=m\n");
  const auto kernel = source.build("base");
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(text_of(kernel->modules / "kernel/mm/late.ko"), "module\n");
  EXPECT_FALSE(fs::exists(fs::symlink_status(kernel->modules / "build"))) << "the tree it was built in goes";
  EXPECT_EQ(source.find("base")->modules, kernel->modules);
  source.write(kernel->modules / "kernel/mm/late.ko", "rubbish");
  EXPECT_FALSE(source.find("base")) << "a module that changed is noticed";
}

TEST(BuilderTest, ScriptsForGdbLieBesideTheSymbols) {
  const FakeSource source;
  EXPECT_EQ(source.build("base")->gdb_script, "");
  source.write("images/kernels/base.config", "CONFIG_SMP=y\nCONFIG_GDB_SCRIPTS=y\n");
  const auto kernel = source.build("changed");
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(kernel->gdb_script, kernel->vmlinux.string() + "-gdb.py") << "gdb looks for it there";
  EXPECT_FALSE(fs::is_symlink(kernel->gdb_script)) << "the tree it was built in goes";
  EXPECT_EQ(text_of(kernel->gdb_script), "import linux.constants\n");
  const auto scripts = kernel->vmlinux.parent_path() / "scripts/gdb/linux";
  EXPECT_EQ(text_of(scripts / "constants.py"), "CONSTANT = 1\n");
  EXPECT_EQ(text_of(scripts / "utils.py"), "utils = 1\n");
  EXPECT_EQ(source.find("changed")->gdb_script, kernel->gdb_script);
}

TEST(BuilderTest, ADebuggerFindsTheLinesThatWereCompiled) {
  const FakeSource source;
  const auto folders_of = [&](const std::string& name) {
    asio::io_context io;
    const ProgressSink ignore = [](const BuildProgress&) {};
    return run_on(io, debug_sources(source.variant(name), source.options(), source.root() / name, ignore))
        .value();
  };
  const auto base = folders_of("base");
  ASSERT_EQ(base.size(), 1U);
  EXPECT_NE(text_of(base[0] / "mm/memory.c").find("return 1"), std::string::npos);
  EXPECT_FALSE(fs::exists(source.root() / "base"));
  const auto changed = folders_of("changed");
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[1], base[0]);
  EXPECT_NE(text_of(changed[0] / "mm/memory.c").find("return 2"), std::string::npos);
  EXPECT_FALSE(fs::exists(changed[0] / "mm/slub.c")) << "it is as in the source";
  EXPECT_NE(text_of(changed[1] / "mm/memory.c").find("return 1"), std::string::npos);
}

TEST(BuilderTest, FoldersOfTheCacheThatWentAreMadeAgain) {
  const FakeSource source;
  ASSERT_TRUE(source.build("base"));
  for (const auto* folder : {"locks", "logs", "hashes", "work", "sources", "ccache", "builds"}) {
    fs::remove_all(source.root() / "cache" / folder);
    const auto kernel = source.build("changed");
    ASSERT_TRUE(kernel) << folder << ": " << kernel.error().text();
    fs::remove_all(source.root() / "cache/builds");
  }
}

TEST(BuilderTest, AMissingSourcePackageIsNamed) {
  const FakeSource source;
  fs::remove(source.root() / "linux-source-fake.tar.xz");
  expect_error(source.build("base"), Failure::infrastructure, {"package linux-source-fake"});
}

TEST(BuilderTest, ADamagedKernelIsBuiltAgain) {
  const FakeSource source;
  for (const auto* name : {"base", "changed"}) {
    const auto first = source.build(name);
    ASSERT_TRUE(first) << first.error().text();
    const auto image = text_of(first->image);
    ASSERT_TRUE(write_file(first->image, "rubbish"));
    EXPECT_FALSE(source.find(name));
    const auto again = source.build(name);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(text_of(again->image), image);
  }
}

TEST(BuilderTest, ABaseWhoseObjectsWentIsBuiltAgainForItsVariant) {
  const FakeSource source;
  ASSERT_TRUE(source.build("base"));
  fs::remove_all(source.root() / "cache" / "work");
  const auto changed = source.build("changed");
  ASSERT_TRUE(changed) << changed.error().text();
  EXPECT_NE(text_of(changed->image).find("return 2"), std::string::npos);
}

TEST(BuilderTest, ACacheOfNothingButBuildsIsEnough) {
  const FakeSource source;
  const auto built = source.build("base");
  ASSERT_TRUE(built) << built.error().text();
  for (const auto& entry : fs::directory_iterator(source.root() / "cache")) {
    if (entry.path().filename() != "builds") {
      fs::remove_all(entry.path());
    }
  }
  EXPECT_TRUE(source.find("base"));
  asio::io_context io;
  auto input = run_on(io, find_source(source.variant("base"), source.options()));
  ASSERT_TRUE(input) << input.error().text();
  ProgressMeter meter("base", [](const BuildProgress&) {});
  const auto unpacked =
      run_on(io, unpacked_source(CacheLayout(source.options().cache), std::move(*input), meter));
  EXPECT_TRUE(unpacked) << unpacked.error().text();
}

TEST(BuilderTest, TheCallersMakeVariablesDoNotReachTheKernel) {
  const FakeSource source;
  ::setenv("MAKEFLAGS", "-n", 1);
  ::setenv("KCFLAGS", "-DEVIL", 1);
  const auto kernel = source.build("base");
  ::unsetenv("MAKEFLAGS");
  ::unsetenv("KCFLAGS");
  ASSERT_TRUE(kernel) << kernel.error().text();
}

TEST(BuilderTest, AKilledBuildIsNoResultAndIsResumed) {
  const FakeSource source;
  source.write("slow", "");
  const auto pid = start_build(source, "base");
  ASSERT_TRUE(eventually([&] { return source.compiled().size() == 2; })) << "memory.o done, slub.o under way";
  ::kill(pid, SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(end_of(pid)));
  EXPECT_FALSE(source.find("base"));
  fs::remove(source.root() / "slow");
  const auto kernel = source.build("base");
  ASSERT_TRUE(kernel) << kernel.error().text();
  const auto compiled = source.compiled();
  EXPECT_EQ(std::count(compiled.begin(), compiled.end(), "mm/memory.o"), 1) << "what was done is kept";
  EXPECT_EQ(text_of(kernel->vmlinux), "int memory(void) {\n  return 1;\n}\nint slub;\n");
}

TEST(BuilderTest, TwoAtOnceBuildOnce) {
  const FakeSource source;
  source.write("slow", "");
  const auto other = start_build(source, "base");
  ASSERT_TRUE(eventually([&] { return !source.compiled().empty(); }));
  std::vector<BuildProgress> steps;
  const auto kernel = source.build("base", &steps);
  ASSERT_TRUE(kernel) << kernel.error().text();
  EXPECT_EQ(end_of(other), 0);
  EXPECT_EQ(source.compiled(), (Objects{"mm/memory.o", "mm/slub.o"}));
  EXPECT_TRUE(std::any_of(steps.begin(), steps.end(), [](const auto& step) {
    return step.step == "waiting for another assay building base";
  }));
}

TEST(BuilderTest, SourcesAreTrimmedAndStayClean) {
  const FakeSource source;
  ASSERT_TRUE(source.build("changed"));
  const auto sources = source.root() / "cache" / "sources";
  ASSERT_FALSE(fs::is_empty(sources));
  const auto tree = fs::directory_iterator(sources)->path();
  EXPECT_NE(text_of(tree / "mm/memory.c").find("return 1"), std::string::npos)
      << "a patch went through a hard link";
  EXPECT_FALSE(fs::exists(tree / "mm/memory.o"));
  EXPECT_FALSE(fs::exists(tree / "drivers/gpu/big.c"));
  const auto work = source.root() / "cache" / "work";
  EXPECT_EQ(std::distance(fs::directory_iterator(work), fs::directory_iterator()), 1)
      << "only the base's objects stay";
}

}  // namespace
}  // namespace assay::kernel
