// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/kernels.hpp"

#include "base/text.hpp"
#include "fake_source.hpp"
#include "quiet_progress.hpp"
#include "running.hpp"

#include <cstdlib>

namespace assay::run {
namespace {

class AssayBuild : public testing::Test {
 protected:
  void SetUp() override { ::unsetenv("ASSAY_BUILD"); }  // ./dev test sets it
  void TearDown() override { ::unsetenv("ASSAY_BUILD"); }

  Result<std::vector<kernel::Kernel>> wanted(std::vector<std::string_view> names) {
    asio::io_context io;
    Interrupt interrupt;
    QuietProgress quiet;
    std::vector<kernel::Variant> variants;
    for (const auto name : names) {
      variants.push_back(source_.variant(name));
    }
    return run_on(io, build_kernels(std::move(variants), source_.options(), quiet, interrupt));
  }

  kernel::FakeSource source_;
};

TEST_F(AssayBuild, NeverForbidsABuildAndSaysWhatToDo) {
  ::setenv("ASSAY_BUILD", "never", 1);
  const auto refused = wanted({"base"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Failure::build);
  EXPECT_EQ(refused.error().text(),
            "cannot use kernel variant base: it is not built, and ASSAY_BUILD=never forbids to build it; "
            "assay kernel build base --arch x86_64");
  EXPECT_TRUE(source_.compiled().empty());
}

TEST_F(AssayBuild, AllAreCheckedBeforeTheFirstIsBuilt) {
  source_.write("images/kernels/change/memory.patch",
                "--- a/mm/memory.c\n+++ b/mm/memory.c\n@@ -1 +1 @@\n-no such line\n+x\n");
  const auto refused = wanted({"base", "changed"});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().text().starts_with("cannot build changed: cannot apply "))
      << refused.error().text();
  EXPECT_TRUE(source_.compiled().empty());
}

TEST_F(AssayBuild, KernelsComeInTheOrderOfTheirVariants) {
  const auto built = wanted({"changed", "base"});
  ASSERT_TRUE(built) << built.error().text();
  ASSERT_EQ(built->size(), 2U);
  EXPECT_NE(read_file((*built)[0].image)->find("return 2"), std::string::npos);
  EXPECT_NE(read_file((*built)[1].image)->find("return 1"), std::string::npos);
}

TEST_F(AssayBuild, NeverTakesAnImageAsItIs) {
  std::string image(4096, '\0');
  image.replace(0x202, 4, "HdrS");
  image.replace(0x20e, 2, "\x40\x03");
  image.replace(0x540, 8, "6.12.117");
  const auto file = source_.write("mine/bzImage", image);
  ::setenv("ASSAY_BUILD", "never", 1);
  const auto copied = wanted({file.string()});
  EXPECT_TRUE(copied) << copied.error().text();
}

TEST_F(AssayBuild, AVariantThatIsNotOursIsCalledByItsPath) {
  const auto file =
      source_.write("mine/other.toml", "extends = \"base\"\nseries = \"../images/kernels/change\"\n");
  ::setenv("ASSAY_BUILD", "never", 1);
  const auto refused = wanted({file.string()});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().text().ends_with("assay kernel build " + file.string() + " --arch x86_64"))
      << refused.error().text();
}

TEST_F(AssayBuild, UnknownKernelsStandWhereTheExperimentNamesThem) {
  experiment::Experiment experiment;
  experiment.file = "/nowhere/e.toml";
  experiment.machines.emplace_back();
  experiment.workloads.emplace_back();
  experiment.variants = {{"before", "bsae", Place{3, 10}}, {"after", "base+kasn", Place{5, 10}}};
  Places places;
  places.images = source_.root() / "images";
  const auto variants = variants_of(experiment, places);
  ASSERT_FALSE(variants);
  EXPECT_EQ(variants.error().kind(), Failure::usage);
  const auto told = variants.error().text();
  const auto lines = split(told, '\n');
  ASSERT_EQ(lines.size(), 2U) << variants.error().text();
  EXPECT_TRUE(lines[0].starts_with("/nowhere/e.toml:3:10: variant before: ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("/nowhere/e.toml:5:10: variant after: ")) << lines[1];
  const auto about = [&](Failure kind) {
    return error_about(experiment, experiment.variants.front(), Error(kind, "apt knows no such kernel"))
        .text();
  };
  EXPECT_EQ(about(Failure::usage), "/nowhere/e.toml:3:10: variant before: apt knows no such kernel");
  EXPECT_TRUE(about(Failure::infrastructure).starts_with("cannot use variant before of "));
  experiment.variants.front().where.reset();
  EXPECT_TRUE(variants_of(experiment, places).error().text().starts_with("cannot use variant before of "));
}

TEST_F(AssayBuild, AnotherWordIsAMistake) {
  ::setenv("ASSAY_BUILD", "seldom", 1);
  const auto refused = wanted({"base"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Failure::usage);
}

}  // namespace
}  // namespace assay::run
