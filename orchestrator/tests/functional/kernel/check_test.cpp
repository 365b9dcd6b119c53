// SPDX-License-Identifier: GPL-2.0-or-later
// What is told before a compiler runs, and that patches fit or not whatever is in the cache.
#include "kernel/check.hpp"

#include "fake_source.hpp"
#include "running.hpp"

#include <cstdlib>

namespace assay::kernel {
namespace {

constexpr std::string_view edit =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 1;\n+  return "
    "2;\n }\n";
constexpr std::string_view edit_after =
    "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1,3 +1,3 @@\n int memory(void) {\n-  return 2;\n+  return "
    "3;\n }\n";
constexpr std::string_view document =
    "diff --git a/Documentation/mm/x.rst b/Documentation/mm/x.rst\n--- a/Documentation/mm/x.rst\n"
    "+++ b/Documentation/mm/x.rst\n@@ -1 +1 @@\n-a\n+b\n";

class CheckTest : public testing::Test {
 protected:
  /// The series of "changed", patch by patch.
  void series(const std::vector<std::string_view>& patches) const {
    std::string names;
    for (std::size_t i = 0; i < patches.size(); ++i) {
      const auto name = fmt::format("{}.patch", i + 1);
      source_.write("images/kernels/change/" + name, patches[i]);
      names += name + "\n";
    }
    source_.write("images/kernels/change/series", names);
  }
  std::string checked(std::vector<std::string_view> names = {"changed"}) const {
    const ProgressSink ignore = [](const BuildProgress&) {};
    asio::io_context io;
    std::vector<Variant> variants;
    for (const auto name : names) {
      variants.push_back(source_.variant(name));
    }
    const auto done = run_on(io, check(std::move(variants), source_.options(), ignore));
    return done ? "" : done.error().text();
  }
  /// The same with an empty cache and over the objects of a base.
  std::string built_cold_and_warm() const {
    fs::remove_all(source_.root() / "cache");
    const auto cold = source_.build("changed");
    fs::remove_all(source_.root() / "cache");
    EXPECT_TRUE(source_.build("base"));
    const auto warm = source_.build("changed");
    EXPECT_EQ(static_cast<bool>(cold), static_cast<bool>(warm));
    if (!cold) {
      return cold.error().text();
    }
    return warm && cold->id == warm->id ? "" : "they differ";
  }

  FakeSource source_;
};

TEST_F(CheckTest, NothingIsCompiled) {
  EXPECT_EQ(checked(), "");
  EXPECT_TRUE(source_.compiled().empty());
  EXPECT_TRUE(source_.build("changed"));
}

TEST_F(CheckTest, RenamesFitWarmAndCold) {
  series(
      {"diff --git a/mm/slub.c b/mm/new.c\nsimilarity index 100%\nrename from mm/slub.c\nrename to "
       "mm/new.c\n",
       "diff --git a/mm/new.c b/mm/slub.c\nsimilarity index 50%\nrename from mm/new.c\nrename to mm/slub.c\n"
       "--- a/mm/new.c\n+++ b/mm/slub.c\n@@ -1 +1,2 @@\n int slub;\n+int more;\n"});
  EXPECT_EQ(checked(), "");
  EXPECT_EQ(built_cold_and_warm(), "");
}

TEST_F(CheckTest, ARenameBesideAnEditFits) {
  series({std::string(edit) +
          "diff --git a/mm/Kconfig b/mm/Kconfig.more\nsimilarity index 100%\nrename from mm/Kconfig\n"
          "rename to mm/Kconfig.more\n"});
  EXPECT_EQ(checked(), "");
  EXPECT_EQ(built_cold_and_warm(), "");
}

TEST_F(CheckTest, AFileThatIsThereIsNotCreated) {
  series(
      {"diff --git a/mm/slub.c b/mm/slub.c\nnew file mode 100644\n--- /dev/null\n+++ b/mm/slub.c\n@@ -0,0 +1 "
       "@@\n+x\n"});
  EXPECT_NE(built_cold_and_warm().find("mm/slub.c: already exists"), std::string::npos)
      << built_cold_and_warm();
}

TEST_F(CheckTest, APatchThatIsThereIsSaidToBe) {
  source_.write("images/kernels/first.toml",
                "extends = \"base\"\nown_objects = true\nseries = \"change/1.patch\"\n");
  source_.write("images/kernels/changed.toml", "extends = \"first\"\nseries = \"change\"\n");
  series({edit});
  EXPECT_NE(checked().find("1.patch: it is already in the source; leave it out"), std::string::npos)
      << checked();
  series({edit, edit_after});
  EXPECT_NE(checked().find("patch 1/2 is already in the source; leave it out:"), std::string::npos)
      << checked();
  source_.write(
      "images/kernels/first.toml",
      "extends = \"base\"\nown_objects = true\nseries = [\"change/1.patch\", \"change/2.patch\"]\n");
  EXPECT_NE(checked().find("all 2 patches of the series are already in the source:"), std::string::npos)
      << checked();
  EXPECT_TRUE(source_.compiled().empty());
}

TEST_F(CheckTest, APatchThatDoesNotFitIsNotSaidToBeThere) {
  series({edit_after});
  EXPECT_NE(checked().find("its context is not that of this source"), std::string::npos) << checked();
  EXPECT_EQ(checked().find("already"), std::string::npos);
}

TEST_F(CheckTest, ConfigurationsAreTriedWithoutACompiler) {
  source_.write("images/kernels/changed.config", "CONFIG_GONE=y\n");
  source_.write("images/kernels/changed.toml",
                "extends = \"base\"\nseries = \"change\"\nfragments = [\"changed.config\"]\n");
  EXPECT_NE(checked().find("Kconfig dropped 1 option"), std::string::npos) << checked();
  EXPECT_TRUE(source_.compiled().empty());
  const auto work = source_.root() / "cache/work";
  EXPECT_EQ(std::distance(fs::directory_iterator(work), fs::directory_iterator()), 1) << "that of the base";
}

TEST_F(CheckTest, ATreeThatIsNoKernelIsNamed) {
  source_.write("images/kernels/base.toml",
                "fragments = [\"base.config\"]\nsource = { directory = \"..\" }\n");
  EXPECT_NE(checked({"base"}).find(
                "is no kernel's source: there is no Makefile, Kconfig and arch/x86/Makefile in it"),
            std::string::npos)
      << checked({"base"});
}

TEST_F(CheckTest, AProgramThatIsMissingIsNamed) {
  const auto bin = source_.root() / "bin";
  fs::create_directories(bin);
  for (const auto* name :
       {"make", "gcc", "ld", "git", "flex", "bc", "tar", "flock", "env", "sh", "sha256sum"}) {
    for (const auto* folder : {"/usr/bin", "/bin"}) {
      std::error_code ignored;
      fs::create_symlink(fs::path(folder) / name, bin / name, ignored);
    }
  }
  const std::string before = ::getenv("PATH");
  ::setenv("PATH", bin.c_str(), 1);
  const auto said = checked();
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(said, "cannot build changed: cannot build kernels: there is no bison on PATH; apt install bison");
}

TEST_F(CheckTest, WhatAVariantsBaseHasWrongIsOfItsBase) {
  source_.write("images/kernels/base.config", "CONFIG_SMP=y\nCONFIG_GONE=y\n");
  const auto alone = checked({"changed", "base"});
  EXPECT_TRUE(alone.starts_with("cannot build base: Kconfig dropped 1 option")) << alone;
  const auto by_way = checked({"changed"});
  EXPECT_TRUE(by_way.starts_with("cannot build changed: cannot build base: Kconfig dropped")) << by_way;
}

TEST_F(CheckTest, AllSeriesAreTriedBeforeAnythingIsConfigured) {
  source_.write("images/kernels/base.config", "CONFIG_SMP=y\nCONFIG_GONE=y\n");
  series({edit_after});
  EXPECT_TRUE(checked({"base", "changed"}).starts_with("cannot build changed: cannot apply "));
}

TEST_F(CheckTest, WhateverIsInTheTreeMakesAnotherKernel) {
  const auto id_with = [&](std::string_view file) {
    const auto diff = fmt::format(
        "diff --git a/{0} b/{0}\nnew file mode 100644\n--- /dev/null\n+++ b/{0}\n"
        "@@ -0,0 +1 @@\n+x\n",
        file);
    series({diff});
    asio::io_context io;
    return run_on(io, kernel_id(source_.variant("changed"), source_.options())).value();
  };
  const auto base = [&] {
    asio::io_context io;
    return run_on(io, kernel_id(source_.variant("base"), source_.options())).value();
  };
  const std::vector<std::string_view> left_out = {"Documentation/mm/x.rst", "drivers/gpu/big.c",
                                                  "tools/testing/selftests/mm/x.c"};
  for (const auto file : left_out) {
    EXPECT_EQ(id_with(file), base()) << file << " is not unpacked";
  }
  for (const auto* file : {"README", "mm/README.tables", "mm/table.rst", "COPYING", "MAINTAINERS",
                           ".gitignore", "Documentation/Kconfig", "Documentation/table", "tools/lib/x.c"}) {
    EXPECT_NE(id_with(file), base()) << file << " may be included";
  }
  source_.write("images/kernels/whole.config", "CONFIG_SMP=y\n");
  source_.write("images/kernels/base.toml",
                "config = \"whole.config\"\nsource = { debian = \"linux-source-fake\" }\n");
  for (const auto file : left_out) {
    EXPECT_NE(id_with(file), base()) << file << " is unpacked with the rest of a whole tree";
  }
}

TEST_F(CheckTest, DocumentsMakeNoOtherKernel) {
  series({document});
  const auto base = source_.build("base");
  const auto changed = source_.build("changed");
  ASSERT_TRUE(base && changed) << changed.error().text();
  EXPECT_EQ(base->id, changed->id);
  series({document, edit});
  EXPECT_EQ(built_cold_and_warm(), "") << "what is never unpacked is passed over";
}

}  // namespace
}  // namespace assay::kernel
