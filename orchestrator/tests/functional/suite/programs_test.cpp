// SPDX-License-Identifier: GPL-2.0-or-later
// Selftests of a source of a few lines, compiled by the real make.
#include "suite/programs.hpp"

#include "base/hash.hpp"
#include "running.hpp"
#include "scratch.hpp"
#include "suite/plan.hpp"
#include "suite/source.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace assay::suite {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view makefile = R"(all: $(OUTPUT)good $(OUTPUT)late
%: %.c
	gcc -static -o $@ $<
)";

class Selftests : public testing::Test {
 protected:
  Selftests() {
    ::unsetenv("ASSAY_BUILD");  // ./dev test sets it
    const std::string suite = "linux/tools/testing/selftests/";
    scratch_.write("linux/Makefile", "headers:\n\techo made >> usr/headers\n");
    for (const char* folder : {"scripts", "include", "arch/x86", "usr", "mm", "lib", "kernel"}) {
      scratch_.write(fs::path("linux") / folder / "file.c", "int here;\n");
    }
    scratch_.write(suite + "Makefile", "all:\n\t$(MAKE) -C $(TARGETS)\n");
    scratch_.write(suite + "mm/Makefile", makefile);
    scratch_.write(suite + "mm/good.c", "int main(void) { return 0; }\n");
    scratch_.write(suite + "mm/late.c",
                   "#include \"" + later().string() + "\"\nint main(void) { return late(); }\n");
    scratch_.write(suite + "mm/run_vmtests.sh", "#!/bin/bash\nCATEGORY=\"all\" run_test ./good\n");
    pack();
  }

  void pack() {
    const auto folder = scratch_.root().string();
    EXPECT_EQ(std::system(("tar -C " + folder + " -cf " + folder + "/linux.tar linux").c_str()), 0);
    source_.source.kind = kernel::SourceKind::tarball;
    source_.source.path = scratch_.root() / "linux.tar";
    source_.source.sha256 = *sha256_of_file(source_.source.path);
  }

  [[nodiscard]] fs::path later() const { return scratch_.root() / "late.h"; }

  Result<Programs> build(const std::string& target = "mm") {
    said_.clear();
    const auto say = [this](std::string_view text) { said_.emplace_back(text); };
    return run_on(io_, build_programs(scratch_.root() / "cache", source_, target, interrupt_, say));
  }

  Scratch scratch_;
  asio::io_context io_;
  Interrupt interrupt_;
  TestSource source_;
  std::vector<std::string> said_;
};

TEST_F(Selftests, AreCompiledOnceAndWhatDoesNotCompileAgain) {
  auto built = build();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_TRUE(is_there(built->folder() / "good"));
  EXPECT_FALSE(is_there(built->folder() / "../../../../kernel")) << "no more than is needed is unpacked";
  EXPECT_THAT(built->not_built,
              ElementsAre(FieldsAre("late", HasSubstr("late.h: No such file or directory"))));
  scratch_.write("late.h", "static int late(void) { return 0; }\n");
  built = build();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(said_, ElementsAre("compiling tools/testing/selftests/mm"));
  EXPECT_THAT(built->not_built, IsEmpty());
  EXPECT_TRUE(is_there(built->folder() / "late"));
  ASSERT_TRUE(build());
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(Selftests, HaveWhatAPatchDoesToThem) {
  series::SeriesPatch patch;
  patch.name = "fix.patch";
  patch.text =
      "a fix and its test\n\n"
      "--- a/kernel/file.c\n+++ b/kernel/file.c\n@@ -1 +1 @@\n-int here;\n+int there;\n"
      "--- a/tools/testing/selftests/mm/late.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n"
      "-#include \"" +
      later().string() +
      "\"\n-int main(void) { return late(); }\n"
      "--- a/tools/testing/selftests/mm/Makefile\n+++ b/tools/testing/selftests/mm/Makefile\n@@ -1,2 +1,2 "
      "@@\n"
      "-all: $(OUTPUT)good $(OUTPUT)late\n+all: $(OUTPUT)good\n %: %.c\n";
  source_.patches.push_back(patch);
  const auto built = build();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(built->not_built, IsEmpty());
  EXPECT_FALSE(is_there(built->folder() / "late.c"));
}

TEST_F(Selftests, ThatAreNotThereAreAUsersMistake) {
  const auto other = build("mn");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind(), Failure::usage);
  EXPECT_THAT(other.error().text(), HasSubstr("there is no suite \"mn\" in tools/testing/selftests"));
  for (const auto* outside : {"../../../scripts", "..", ".", "/", "mm/../.."}) {
    EXPECT_FALSE(build(outside)) << outside;
  }
  fs::remove_all(scratch_.root() / "linux/tools/testing");
  pack();
  const auto built = build();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().kind(), Failure::usage);
  EXPECT_THAT(built.error().text(), HasSubstr("there is no tools/testing/selftests in this source"));
}

TEST_F(Selftests, OfAnyTargetAreWhatItsMakefileNames) {
  const std::string suite = "linux/tools/testing/selftests/";
  scratch_.write(suite + "Makefile",
                 "TARGETS += mm\nTARGETS += filesystems/epoll\nTARGETS += gone\n"
                 "all:\n\t$(MAKE) OUTPUT=$(CURDIR)/$(TARGETS) -C $(TARGETS)\n");
  scratch_.write(suite + "filesystems/epoll/Makefile",
                 "ifeq ($(OUTPUT),)\nOUTPUT := $(shell pwd)\nendif\n"
                 "TEST_PROGS := sub/run.sh\nTEST_FILES := data\n"
                 "TEST_GEN_PROGS := $(OUTPUT)/wakeup $(OUTPUT)/broken\nTEST_INCLUDES := ../../lib.sh\n"
                 "all: $(TEST_GEN_PROGS)\n$(OUTPUT)/%: %.c\n\tgcc -static -o $@ $<\n");
  scratch_.write(suite + "filesystems/epoll/wakeup.c", "int main(void) { return 0; }\n");
  scratch_.write(suite + "filesystems/epoll/broken.c", "#error none of it\n");
  scratch_.write(suite + "filesystems/epoll/sub/run.sh", "#!/bin/bash\n");
  scratch_.write(suite + "filesystems/epoll/data", "1");
  scratch_.write(suite + "lib.sh", "");
  pack();
  const auto built = build("filesystems/epoll");
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(built->named.tests, ElementsAre("wakeup", "broken", "sub/run.sh"));
  EXPECT_THAT(built->named.files, ElementsAre("data", "../../lib.sh"));
  EXPECT_THAT(built->not_built, ElementsAre(FieldsAre("broken", HasSubstr("#error none of it"))));
  EXPECT_TRUE(is_there(built->folder() / "wakeup"));
  const auto say = [](std::string_view) {};
  const auto targets = run_on(io_, list_targets(scratch_.root() / "cache", source_, interrupt_, say));
  ASSERT_TRUE(targets) << targets.error().text();
  EXPECT_THAT(*targets, ElementsAre("filesystems/epoll", "mm"));
}

TEST_F(Selftests, OfWhichHalfAProgramWasLeftAreMadeAgain) {
  const auto fifo = scratch_.root() / "begun";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto root = scratch_.root().string();
  // Writes half of it and hangs, as long as there is no file "go".
  scratch_.write("linux/tools/testing/selftests/mm/Makefile",
                 "all: good\ngood: good.c\n\tif [ -e " + root +
                     "/go ]; then gcc -static -o $@ $<; else echo half >$@; chmod 755 $@; echo >" +
                     fifo.string() + "; sleep 600; fi\n");
  pack();
  std::thread stopper([&] {
    std::string line;
    std::ifstream begun(fifo);
    std::getline(begun, line);
    asio::post(io_, [this] { interrupt_.request(); });
  });
  const auto cut = build();
  stopper.join();
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind(), Failure::interrupted);
  scratch_.write("go", "");
  Interrupt none;
  const auto say = [](std::string_view) {};
  const auto built = run_on(io_, build_programs(scratch_.root() / "cache", source_, "mm", none, say));
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_EQ(std::system((built->folder() / "good").c_str()), 0) << "it is whole";
  EXPECT_TRUE(is_there(built->folder() / "good.c")) << "sources stay";
}

TEST_F(Selftests, OfAFolderAreThoseThatLieThereNow) {
  run::Places places;
  places.cache = scratch_.root() / "cache";
  kernel::Variant variant;
  variant.source.kind = kernel::SourceKind::directory;
  variant.source.where = (scratch_.root() / "linux").string();
  auto found = run_on(io_, find_tests(places, variant, {}));
  ASSERT_TRUE(found) << found.error().text();
  const auto before = found->source.sha256;
  source_ = *found;
  auto built = build();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_TRUE(is_there(built->folder() / "good"));
  scratch_.write("linux/tools/testing/selftests/mm/good.c", "int main(void) { return 1; }\n");
  found = run_on(io_, find_tests(places, variant, {}));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_NE(found->source.sha256, before);
}

TEST_F(Selftests, OfAKernelThatIsBuiltComeFromAFolder) {
  run::Places places;
  places.cache = scratch_.root() / "cache";
  kernel::Variant variant;
  variant.source.kind = kernel::SourceKind::prebuilt;
  variant.patches.resize(1);
  TestFolders folders;
  folders.tests = scratch_.root() / "linux";
  const auto found = run_on(io_, find_tests(places, variant, folders));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_THAT(found->patches, IsEmpty()) << "they are in the folder, or not meant for it";
}

TEST_F(Selftests, ComeWithTheShellThatRunsThem) {
  const auto built = build();
  ASSERT_TRUE(built) << built.error().text();
  auto plan = plan_of_target(*built, "mm");
  ASSERT_TRUE(plan) << plan.error().text();
  const auto added = add_needs(*plan, scratch_.root());
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_THAT(plan->categories, ElementsAre(Field(&Category::name, "all")));
  EXPECT_THAT(plan->files, AllOf(Contains(Field(&image::HostFile::path, "/selftests/mm/good")),
                                 Contains(Field(&image::HostFile::path, "/selftests/mm/run_vmtests.sh")),
                                 Contains(Field(&image::HostFile::path, "/selftests/start")),
                                 Contains(Field(&image::HostFile::path, "/bin/busybox")),
                                 Not(Contains(Field(&image::HostFile::path, "/selftests/mm/good.c")))));
}

}  // namespace
}  // namespace assay::suite
