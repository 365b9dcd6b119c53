// SPDX-License-Identifier: GPL-2.0-or-later
// What the program says of itself and of this host: `assay list`, `doctor`, `completion`, `help`.
#include "command.hpp"

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Lists : public OnFakes {
 protected:
  void SetUp() override {
    write("images/kernels/mine.toml", "arch = \"x86_64\"\nsource = { directory = \"/nowhere\" }\n");
    write("images/kernels/broken.toml", "arch = \n");
  }

  std::string values(const std::string& kind, Words line) {
    line.insert(line.begin(), {"completion", "bash", "--values", kind, "--"});
    const auto ended = assay(line);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
};

TEST_F(Lists, ExperimentsHaveTitleKernelsAndEffort) {
  const auto before = assay({"list"});
  EXPECT_EQ(before.code, 0) << before.err;
  EXPECT_THAT(before.out, AllOf(StartsWith("two\n    two kernels\n    " + root().string() + "/old, "),
                                ContainsRegex("6\\s+guests,\\s+about\\s+")));
  EXPECT_FALSE(fs::exists(root() / "results"));
  run_it();
  EXPECT_THAT(assay({"list", "experiments", "two"}).out, ContainsRegex("6\\s+guests,.*the\\s+last\\s+time"));
}

TEST_F(Lists, AnExperimentWithMistakesHasTheseInItsPlace) {
  write("experiments/wrong/experiment.toml", "[experiment]\n");
  const auto ended = assay({"list", "experiments"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(StartsWith("two\n"), HasSubstr("\nwrong\n    " + root().string() +
                                                              "/experiments/wrong/experiment.toml:1:1: ")));
}

TEST_F(Lists, WorkloadsHaveParametersAndCounters) {
  const auto all = assay({"list", "workloads"});
  EXPECT_EQ(all.code, 0);
  const auto idle = assay({"list", "workloads", "idle"});
  EXPECT_THAT(idle.out, StartsWith("idle\n  Does nothing for a while"));
  EXPECT_THAT(idle.out, HasSubstr("\n    duration = 0s  ("));
  EXPECT_THAT(idle.out, HasSubstr("\n    counts agent_cpu [ns]: "));
  EXPECT_THAT(all.out, HasSubstr(idle.out));
  expect_refused({"list", "workloads", "idel"}, 2,
                 "cannot find \"idel\" among the workloads; did you mean \"idle\"?");
}

TEST_F(Lists, VariantsHaveTheirSourceOrWhatIsWrong) {
  const auto ended = assay({"list", "variants"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, HasSubstr("broken\n  "));
  EXPECT_THAT(ended.out, HasSubstr("\nmine  x86_64, directory /nowhere, 0 patches\n"));
  EXPECT_THAT(assay({"list", "variants", "mine"}).out, StartsWith("mine  x86_64, "));
  expect_refused({"list", "variants", "nosuch"}, 2, "cannot find \"nosuch\" among the variants");
  expect_refused({"list", "nothing"}, 2,
                 "cannot understand what \"nothing\": it is none of experiments, workloads and variants");
}

TEST_F(Lists, CompletionOffersWhatIsHere) {
  EXPECT_EQ(values("EXPERIMENT", {"run", ""}), "two\n");
  EXPECT_EQ(values("KERNEL", {"exec", "-k", ""}), "broken\nmine\n");
  EXPECT_EQ(values("NAME=KERNEL", {"run", "two", "--kernel", ""}), "after=\nbefore=\n");
  EXPECT_EQ(values("NAME=KERNEL", {"run", "two", "--kernel", "after="}), "after=broken\nafter=mine\n");
  EXPECT_EQ(values("WORKLOAD", {"run", "two", "--workload", ""}), "one\ntwo\n");
  EXPECT_THAT(values("NAME", {"list", "workloads", ""}), HasSubstr("idle\n"));
  EXPECT_EQ(values("NAME", {"list", "variants", ""}), "broken\nmine\n");
  EXPECT_EQ(values("COMMAND", {"help", "kernel", ""}).substr(0, 5), "list\n");
  EXPECT_EQ(values("RUN", {"show", ""}), "") << "there is none";
  EXPECT_EQ(values("SOMETHING", {"show", ""}), "");
}

TEST_F(Lists, CompletionKnowsTheRunsOfTheResultsOnTheLine) {
  static_cast<void>(assay({"run", "-q", "--trials", "1", "two", "--results", "there"}));
  const auto id = last_run("there");
  EXPECT_EQ(values("RUN", {"--results", "there", "show", ""}), "last\n" + id + "\n");
  EXPECT_EQ(values("EXPERIMENT", {"run", "--results=there", "--resume", ""}), "last\n" + id + "\n");
  EXPECT_EQ(values("RUN", {"--results", "there", "compare", "last:"}), "last:before\nlast:after\n");
  EXPECT_EQ(values("RUN", {"show", ""}), "");
}

TEST_F(Lists, ANameThatAShellWouldRunIsNotOffered) {
  write("experiments/$(reboot)/experiment.toml", "");
  write("experiments/a b/experiment.toml", "");
  EXPECT_EQ(values("EXPERIMENT", {"run", ""}), "two\n");
}

TEST_F(Lists, CompletionScriptsAreForThreeShells) {
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const auto ended = assay({"completion", shell});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, HasSubstr("assay")) << shell;
    EXPECT_THAT(ended.out, HasSubstr("until-decided")) << shell;
  }
  expect_refused({"completion", "tcsh"}, 2,
                 "cannot understand shell \"tcsh\": it is none of bash, zsh and fish");
}

TEST_F(Lists, HelpIsOnStdoutAndUsageOnStderr) {
  const auto help = assay({"help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, AllOf(StartsWith("usage: assay COMMAND\n"), HasSubstr("\nExit codes:\n")));
  EXPECT_EQ(assay({"--help"}).out, help.out);
  const auto nothing = assay({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_EQ(nothing.out, "");
  EXPECT_EQ(nothing.err, help.out);
  const auto of_build = assay({"help", "kernel", "build"});
  EXPECT_THAT(of_build.out, StartsWith("usage: assay kernel build "));
  EXPECT_EQ(assay({"kernel", "build", "--help"}).out, of_build.out);
  EXPECT_EQ(assay({"kernel", "build", "help"}).out, of_build.out);
  EXPECT_THAT(assay({"--version"}).out, StartsWith("assay "));
  expect_refused({"help", "nothing"}, 2, "cannot help with \"nothing\": there is no such command");
  expect_refused({"rnu"}, 2, "cannot understand \"rnu\": assay has no such command; did you mean \"run\"?");
  expect_refused({"show", "--jobs="}, 2, "cannot understand --jobs=: it is empty");
}

class Doctor : public OnFakes {};

TEST_F(Doctor, LooksAtPartsProgramsRoomAndGuests) {
  const auto ended = assay({"doctor"});
  EXPECT_THAT(ended.out, StartsWith("ok    agent of x86_64 guests  "));
  EXPECT_THAT(ended.out,
              HasSubstr("\nok    plugin of QEMU          build/orchestrator/plugin/assay-probes.so\n"));
  EXPECT_THAT(ended.out, ContainsRegex("\n(ok  |BAD ) +qemu-system-x86_64 "));
  EXPECT_THAT(ended.out, HasSubstr("\nok    cache                   cache/assay, "));
  EXPECT_THAT(ended.out, HasSubstr("\nok    libvirt                 embedded QEMU driver\n"));
  EXPECT_THAT(ended.out,
              EndsWith("\nnote  KVM                     not used: fake\n"
                       "                               -> guests run under TCG: verdicts are the same, "
                       "trials take longer\n"));
  EXPECT_EQ(ended.code, ended.out.find("\nBAD ") == std::string::npos ? 0 : 70);
}

TEST_F(Doctor, SaysWhatIsBadAndWhatToDo) {
  fs::remove(program() / "plugin/assay-probes.so");
  no_hypervisor_ = "cannot connect to libvirt: it is not there";
  const auto ended = assay({"doctor"});
  EXPECT_EQ(ended.code, 70);
  EXPECT_THAT(ended.out,
              HasSubstr("\nBAD   plugin of QEMU          " + program().string() +
                        "/plugin/assay-probes.so is not there\n                               -> build "
                        "Assay whole with ./dev build, or install it with ./dev install\n"));
  EXPECT_THAT(ended.out,
              EndsWith("\nBAD   libvirt                 cannot connect to libvirt: it is not there\n"));
}

TEST_F(Doctor, KnowsTheSourceThatAVariantLacks) {
  write("images/kernels/mine.toml", "arch = \"x86_64\"\nsource = { debian = \"linux-source-9.9\" }\n");
  const auto ended = assay({"doctor"});
  EXPECT_EQ(ended.code, 70);
  EXPECT_THAT(ended.out, ContainsRegex("\nBAD   variant mine +[^\n]+\n +-> apt install linux-source-9.9\n"));
}

TEST_F(Doctor, PartsAreFilesThere) {
  const auto ended = assay({"doctor", "--parts"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("assay-agent\n"), HasSubstr("/plugin/assay-probes.so\n"),
                               Not(HasSubstr("libvirt"))));
}

}  // namespace
}  // namespace assay::cli
