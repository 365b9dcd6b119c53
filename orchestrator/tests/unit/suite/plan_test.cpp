// SPDX-License-Identifier: GPL-2.0-or-later
// What suites run: categories of a made-up target, of a made-up LTP, of what stress-ng lists; and what a
// kernel lacks for them.
#include "suite/plan.hpp"

#include "base/files.hpp"
#include "scratch.hpp"
#include "suite/lacking.hpp"
#include "suite/ltp.hpp"
#include "suite/stress.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace assay::suite {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::string> categories_of(const Plan& plan) {
  std::vector<std::string> lines;
  for (const auto& one : plan.categories) {
    std::string line = one.name + " |";
    for (const auto& word : one.arguments) {
      line += " " + word;
    }
    lines.push_back(line + " | " + one.not_run);
  }
  return lines;
}

auto brings(const std::string& path) { return Contains(Field(&image::HostFile::path, path)); }

class Plans : public testing::Test {
 protected:
  fs::path program(const std::string& name, const std::string& text = "#!/bin/bash\n") {
    auto path = scratch_.write(name, text);
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  Scratch scratch_;
};

TEST_F(Plans, OfATargetHaveEachProgramByItself) {
  program("selftests/deep/memfd/memfd_test");
  scratch_.write("selftests/deep/memfd/run_fuse.sh", "#!/bin/bash\n");
  scratch_.write("selftests/deep/memfd/config", "CONFIG_FUSE_FS=m\n");
  scratch_.write("selftests/deep/memfd/data/one", "1");
  scratch_.write("selftests/deep/lib.sh", "");
  scratch_.write("selftests/kselftest/ktap_helpers.sh", "");
  scratch_.write("elsewhere.txt", "");
  const Programs programs{
      scratch_.root() / "selftests",
      "deep/memfd",
      {{"fuse_test", "fuse.h: No such file"}},
      {{"memfd_test", "run_fuse.sh", "fuse_test"}, {"data", "../lib.sh", "../../../elsewhere.txt"}}};
  const auto plan = plan_of_target(programs, "deep/memfd");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_THAT(categories_of(*plan),
              ElementsAre("memfd_test | /selftests/deep/memfd ./memfd_test | ",
                          "run_fuse.sh | /selftests/deep/memfd ./run_fuse.sh | ",
                          "fuse_test | /selftests/deep/memfd ./fuse_test | not built: fuse.h: No such file"));
  for (const auto* path :
       {"/selftests/deep/memfd/memfd_test", "/selftests/deep/memfd/run_fuse.sh",
        "/selftests/deep/memfd/data/one", "/selftests/deep/lib.sh", "/selftests/deep/memfd/elsewhere.txt",
        "/selftests/kselftest/ktap_helpers.sh", "/selftests/deep/memfd/config"}) {
    EXPECT_THAT(plan->files, brings(path));
  }
  EXPECT_EQ(plan->config, "CONFIG_FUSE_FS=m\n");
}

TEST_F(Plans, OfATargetWithoutTestsSayWhatThereWouldHaveToBe) {
  scratch_.write("selftests/arm64/Makefile", "");
  const auto plan = plan_of_target({scratch_.root() / "selftests", "arm64", {}, {}}, "arm64");
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().text(), HasSubstr("selftests/arm64 names no test for x86_64 (TEST_GEN_PROGS"));
}

TEST_F(Plans, AreCutToWhatWasChosen) {
  Plan plan;
  plan.heading = "x selftests";
  plan.categories = {{"one", {}, ""}, {"two", {}, ""}};
  plan.planned = {{"one", "a", "a"}, {"two", "b", "b"}};
  EXPECT_TRUE(choose_categories(plan, {}));
  EXPECT_EQ(plan.categories.size(), 2U);
  const auto wrong = choose_categories(plan, {"twoo"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().text(),
            "x selftests has no category \"twoo\"; did you mean \"two\"?; there is one and two");
  EXPECT_TRUE(choose_categories(plan, {"two"}));
  EXPECT_EQ(plan.categories.size(), 1U);
  EXPECT_EQ(plan.planned.front().name, "b");
}

TEST_F(Plans, GoOnWithoutAProgramThatCannotRun) {
  program("selftests/x/good", "#!/bin/bash\n");
  program("selftests/x/bad", "#!/no/such/interpreter\n");
  scratch_.write("selftests/kselftest/ktap_helpers.sh", "");
  const Programs programs{scratch_.root() / "selftests", "x", {}, {{"good", "bad"}, {}}};
  auto plan = plan_of_target(programs, "x");
  ASSERT_TRUE(plan) << plan.error().text();
  const auto added = add_needs(*plan, scratch_.root());
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_EQ(plan->categories[0].not_run, "");
  EXPECT_THAT(plan->categories[1].not_run, HasSubstr("/no/such/interpreter"));
  EXPECT_THAT(plan->not_built, Contains(FieldsAre("bad", HasSubstr("/no/such/interpreter"))));
  EXPECT_THAT(plan->files, brings("/selftests/x/good"));
  EXPECT_THAT(plan->files, Not(brings("/selftests/x/bad")));
  EXPECT_THAT(plan->files, brings("/bin/busybox"));
  EXPECT_THAT(plan->files, brings("/selftests/start"));
}

TEST(LtpCommands, AreWhatRuntestLists) {
  EXPECT_THAT(
      ltp_commands("#DESCRIPTION:Memory\nmm01 mmap001 -m 10000\n\n#mm03 mmap001\nshm_test01\tshm_test -l 10\n"
                   "mmapstress04 TMPFILE=`mktemp /tmp/X`; ls > $TMPFILE; mmapstress04 $TMPFILE\n"
                   "odd for x in 1; do y; done\nalone\n"),
      ElementsAre(FieldsAre("mm01", "mmap001 -m 10000", "mmap001"),
                  FieldsAre("shm_test01", "shm_test -l 10", "shm_test"),
                  FieldsAre("mmapstress04", "TMPFILE=`mktemp /tmp/X`; ls > $TMPFILE; mmapstress04 $TMPFILE",
                            "mmapstress04"),
                  FieldsAre("odd", "for x in 1; do y; done", "for")));
}

TEST_F(Plans, OfLtpTakeWhatIsBuiltWhereverItLies) {
  scratch_.write("ltp/runtest/mm", "one mmap01 -a\ntwo mmap02\n");
  program("ltp/testcases/kernel/mem/mmap/mmap01");
  program("ltp/testcases/kernel/mem/mmap/mmap01_child");
  program("ltp/testcases/kernel/mem/mmap/other");
  scratch_.write("ltp/testcases/kernel/mem/mmap/mmap02.c", "");
  program("ltp/testcases/lib/tst_test.sh");
  scratch_.write("ltp/testcases/data/mmap01/input", "");
  auto plan = plan_of_ltp(scratch_.root() / "ltp");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_THAT(
      categories_of(*plan),
      ElementsAre("one | /tmp sh -c mmap01 -a | ",
                  "two | /tmp sh -c mmap02 | not built: there is no program mmap02 below testcases/"));
  for (const auto* path : {"/opt/ltp/testcases/bin/mmap01", "/opt/ltp/testcases/bin/mmap01_child",
                           "/opt/ltp/testcases/bin/tst_test.sh", "/opt/ltp/testcases/data/mmap01/input"}) {
    EXPECT_THAT(plan->files, brings(path));
  }
  EXPECT_THAT(plan->files, Not(brings("/opt/ltp/testcases/bin/other")));
  const auto installed = program("ltp/testcases/bin/mmap01");
  plan = plan_of_ltp(scratch_.root() / "ltp");
  EXPECT_THAT(plan->files, Contains(Field(&image::HostFile::host, fs::canonical(installed))));
}

TEST_F(Plans, OfLtpSayWhatIsMissing) {
  EXPECT_THAT(plan_of_ltp(scratch_.root()).error().text(),
              HasSubstr("is no folder of LTP: there is no runtest/mm in it"));
  scratch_.write("ltp/runtest/mm", "one mmap01 -a\n");
  EXPECT_THAT(plan_of_ltp(scratch_.root() / "ltp").error().text(),
              HasSubstr("is built; in a clone of LTP: make autotools && ./configure && make"));
}

TEST(Stressors, AreThoseThatStressNgLists) {
  EXPECT_THAT(stressors_in("class 'vm' stressors: bad-altstack brk\n  vm-rw\n"),
              ElementsAre("bad-altstack", "brk", "vm-rw"));
  EXPECT_THAT(stressors_in("Unknown class: 'vm?'\n"), IsEmpty());
}

TEST_F(Plans, NameTheFlavourThatGivesWhatAKernelLacks) {
  scratch_.write("images/kernels/configs/kvm.config", "CONFIG_KVM=y\n");
  scratch_.write("images/kernels/configs/large-x86_64.config", "CONFIG_NUMA=y\n");
  scratch_.write("images/kernels/configs/large.config", "CONFIG_SMP=y\n");
  const auto lacking = lacking_options(
      "mine", "CONFIG_KVM=y\nCONFIG_FUSE_FS=m\nCONFIG_NUMA=y\nCONFIG_TEST_X=m\nCONFIG_MODULES=y\n",
      "CONFIG_FUSE_FS=y\nCONFIG_MODULES=y\n# CONFIG_NUMA is not set\n", scratch_.root() / "images");
  EXPECT_THAT(lacking, ElementsAre(FieldsAre("mine", "CONFIG_KVM=y", "kvm"),
                                   FieldsAre("mine", "CONFIG_NUMA=y", "large"),
                                   FieldsAre("mine", "CONFIG_TEST_X=m", "")));
  EXPECT_THAT(
      lacking_sentences(lacking),
      ElementsAre("mine lacks CONFIG_KVM=y, for which the suite asks; the flavour kvm has that: KERNEL+kvm",
                  HasSubstr("the flavour large has that"),
                  HasSubstr("mine lacks CONFIG_TEST_X=m, for which the suite asks; no flavour has that")));
}

}  // namespace
}  // namespace assay::suite
