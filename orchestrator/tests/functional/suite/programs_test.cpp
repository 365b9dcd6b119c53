// SPDX-License-Identifier: GPL-2.0-or-later
// Selftests of a source of a few lines, compiled by the real make.
#include "suite/programs.hpp"

#include "base/hash.hpp"
#include "running.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

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
    scratch_.write(suite + "mm/run_vmtests.sh", "#!/bin/bash\n");
    const auto folder = scratch_.root().string();
    EXPECT_EQ(std::system(("tar -C " + folder + " -cf " + folder + "/linux.tar linux").c_str()), 0);
    source_.source.kind = kernel::SourceKind::tarball;
    source_.source.path = scratch_.root() / "linux.tar";
    source_.source.sha256 = *sha256_of_file(source_.source.path);
  }

  [[nodiscard]] fs::path later() const { return scratch_.root() / "late.h"; }

  Result<Programs> build() {
    said_.clear();
    const auto say = [this](std::string_view text) { said_.emplace_back(text); };
    return run_on(io_, build_programs(scratch_.root() / "cache", source_, interrupt_, say));
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
  EXPECT_TRUE(is_there(built->folder / "good"));
  EXPECT_FALSE(is_there(built->folder / "../../../../kernel")) << "no more than is needed is unpacked";
  EXPECT_THAT(built->not_built,
              ElementsAre(FieldsAre("late", HasSubstr("late.h: No such file or directory"))));
  scratch_.write("late.h", "static int late(void) { return 0; }\n");
  built = build();
  ASSERT_TRUE(built) << built.error().text();
  EXPECT_THAT(said_, ElementsAre("compiling tools/testing/selftests/mm"));
  EXPECT_THAT(built->not_built, IsEmpty());
  EXPECT_TRUE(is_there(built->folder / "late"));
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
  EXPECT_FALSE(is_there(built->folder / "late.c"));
}

TEST_F(Selftests, ThatAreNotThereAreAUsersMistake) {
  source_.source.path = scratch_.root() / "empty.tar";
  EXPECT_EQ(std::system(("cd " + scratch_.root().string() +
                         " && rm linux/tools/testing/selftests/mm/*.sh && "
                         "tar -cf empty.tar linux")
                            .c_str()),
            0);
  const auto built = build();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().kind(), Failure::usage);
  EXPECT_THAT(built.error().text(), HasSubstr("there is no run_vmtests.sh"));
}

TEST_F(Selftests, ComeWithTheShellThatRunsThem) {
  const auto built = build();
  ASSERT_TRUE(built) << built.error().text();
  const auto files = files_for_guest(*built, scratch_.write("start", "#!/bin/bash\n"));
  ASSERT_TRUE(files) << files.error().text();
  EXPECT_THAT(*files, AllOf(Contains(Field(&image::HostFile::path, "/selftests/mm/good")),
                            Contains(Field(&image::HostFile::path, "/selftests/mm/run_vmtests.sh")),
                            Contains(Field(&image::HostFile::path, "/selftests/start")),
                            Contains(Field(&image::HostFile::path, "/bin/busybox")),
                            Not(Contains(Field(&image::HostFile::path, "/selftests/mm/good.c")))));
}

}  // namespace
}  // namespace assay::suite
