// SPDX-License-Identifier: GPL-2.0-or-later
// `assay exec` and `shell`. The guest is a process of this host with the real agent in it, so that programs
// and files are those of this host, too.
#include "command.hpp"

#include <csignal>

namespace assay::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

/// Sends SIGINT to the program when the guest has booted.
Task<> interrupts(Inside& guest) {
  co_await guest.hello();
  ::raise(SIGINT);
  co_await guest.live();
}

class Exec : public OnFakes {
 protected:
  void SetUp() override {
    fs::create_directory(root() / "results");
    real_agent_ = true;
  }

  /// `assay exec -q -k ./old OPTION... -- WORD...`
  Ended exec(const Words& command, Words options = {}) {
    options.insert(options.begin(), {"exec", "-q", "-k", "./old"});
    options.emplace_back("--");
    options.insert(options.end(), command.begin(), command.end());
    return assay(options);
  }
};

TEST_F(Exec, StreamsAndExitCodeAreTheProgramsOwn) {
  const auto ended = exec({"sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(ended.code, 7);
  EXPECT_EQ(ended.out, "out\n");
  EXPECT_EQ(ended.err, "err\n");
  EXPECT_THAT(below("results/exec"), AllOf(SizeIs(3), testing::Contains(EndsWith("/console.log"))));
}

TEST_F(Exec, SaysWhatItBuildsAndMakes) {
  fs::remove(root() / "results");
  const auto ended = assay({"exec", "-k", "./old", "--", "true"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, HasSubstr("kernel old: 6.12.0 "));
  EXPECT_THAT(ended.err, HasSubstr("assay: note: made the folder results for results\n"));
  EXPECT_EQ(assay({"exec", "-k", "./old", "--", "true"}).err, "") << "stderr is the program's";
}

TEST_F(Exec, EndsWith128AndTheSignal) {
  const auto ended = exec({"sh", "-c", "kill -USR1 $$"});
  EXPECT_EQ(ended.code, 128 + SIGUSR1);
  EXPECT_THAT(ended.err, StartsWith("assay: "));
}

TEST_F(Exec, EndsWith124WhenItTookTooLong) {
  const auto ended = exec({"sleep", "600"}, {"--timeout", "50ms"});
  EXPECT_EQ(ended.code, 124);
  EXPECT_EQ(ended.err, "assay: the program was ended: it ran longer than its time-out\n");
}

TEST_F(Exec, EndsWith127WhenThereIsNoSuchProgram) {
  const auto ended = exec({"nosuchprogram"});
  EXPECT_EQ(ended.code, 127);
  EXPECT_EQ(
      ended.err,
      "assay: the program was not executed: cannot execute nosuchprogram: PATH of the guest has no such "
      "program\n");
}

TEST_F(Exec, PassesStdinAndEnvironmentOn) {
  input_ = "one\ntwo\n";
  EXPECT_EQ(exec({"cat"}, {"-i"}).out, input_);
  EXPECT_EQ(exec({"cat"}).out, "") << "without --stdin";
  EXPECT_EQ(exec({"sh", "-c", "echo $A-$B"}, {"--env", "A=1", "-e", "B=x y"}).out, "1-x y\n");
}

TEST_F(Exec, FilesGoInAndResultsComeOut) {
  write("data/one", "first");
  write("data/deep/two", "second");
  fs::create_directory(root() / "out");
  const auto inside = root() / "inside";
  const auto ended = exec({"sh", "-c", "cd " + inside.string() + " && cat one deep/two > result"},
                          {"--file", "data:" + inside.string(), "--get", inside.string() + "/result:out/",
                           "--get", inside.string() + "/deep:copied"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(text_of("out/result"), "firstsecond");
  EXPECT_EQ(text_of("copied/two"), "second");
}

TEST_F(Exec, AResultThatIsNotThereIsAnError) {
  const auto ended = exec({"true"}, {"--get", "/no/such:out"});
  EXPECT_EQ(ended.code, 70);
  EXPECT_EQ(
      ended.err,
      "assay: cannot copy /no/such out of the guest: cannot find /no/such: No such file or directory\n");
  EXPECT_FALSE(fs::exists(root() / "out"));
}

TEST_F(Exec, KtapIsReadAndCounted) {
  const auto passed =
      exec({"printf", "KTAP version 1\\n1..2\\nok 1 one\\nok 2 two # SKIP no\\n"}, {"--ktap"});
  EXPECT_EQ(passed.code, 0) << passed.out;
  EXPECT_THAT(passed.out, EndsWith("2 tests: 1 pass, 0 fail, 1 skip, 0 xfail\n"));
  const auto failed = exec({"printf", "1..2\\nok 1 one\\nnot ok 2 two\\n"}, {"--ktap"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.out, HasSubstr("\nFAIL  2 two\n"));
  const auto short_of = exec({"echo", "1..1"}, {"--ktap"});
  EXPECT_EQ(short_of.code, 1);
  EXPECT_THAT(short_of.out, StartsWith("FAIL  1 test was planned, 0 gave a result\n"));
}

TEST_F(Exec, ItsMistakesAreToldBeforeAnythingBoots) {
  no_hypervisor_ = "it is not asked for";
  const std::vector<std::pair<Words, std::string>> all{
      {{"-k", "nosuch", "--", "true"},
       "cannot load kernel variant \"nosuch\": ROOT/images/kernels has no such file"},
      {{"-k", "old", "--", "true"},
       "cannot load kernel variant \"old\": for the file of that name write ./old"},
      {{"-k", "./old", "--", ".."}, "cannot run \"..\": it names no program"},
      {{"-k", "./old", "--file", "nosuch:/x", "--", "true"},
       "cannot understand the file \"nosuch:/x\": nosuch is not there"},
      {{"-k", "./old", "--env", "NOT_SET_HERE", "--", "true"},
       "cannot understand --env NOT_SET_HERE: write NAME=VALUE, or the NAME of a variable set here"},
      {{"-k", "./old", "--memory", "1M", "--", "true"},
       "cannot understand --memory \"1M\": it is out of range: whole MiB from 64M to 1024G"},
      {{"-k", "./old", "--vcpus", "300", "--", "true"},
       "cannot understand --vcpus \"300\": it is no whole number from 1 to 255"},
      {{"-k", "./old", "--arch", "sparc64", "--vcpus", "2", "--", "nosuch"},
       "cannot boot such a machine: a sparc64 machine has one vCPU: QEMU's sun4u supports no more"},
      {{"-k", "./old", "--nodes", "65", "--", "true"},
       "cannot boot such a machine: nodes = 65 is out of range: 1 to 64"},
      {{"-k", "./old", "--nodes", "[{ vcpus = 2 }", "--", "true"},
       "cannot understand --nodes \"[{ vcpus = 2 }\": it is not written as in an experiment's file; put it "
       "into "
       "single quotes"},
      {{"-k", "./old", "--nodes", "2\nmemory = \"1G\"", "--", "true"},
       "cannot understand --nodes \"2\\nmemory = \"1G\"\": it is not written as in an experiment's file; put "
       "it into "
       "single quotes"},
      {{"-k", "./old", "--nodes", "2", "--distances", "[[10, 10], [10, 10]]", "--", "true"},
       "cannot boot such a machine: distances has a row for each of the 2 nodes, and in it 10 for the node "
       "itself "
       "and 11 to 254 for each other, as [[10, 20], [20, 10]] is for two"},
      {{"-k", "./old", "--dimm", "192M", "--", "true"},
       "cannot boot such a machine: dimms: \"192M\" is not a multiple of 128 MiB, of which kernels make "
       "blocks of "
       "memory"},
      {{"-k", "./old", "--arch", "sparc64", "--disk", "1M", "--disk", "1M", "--disk", "1M", "--disk", "1M",
        "--", "nosuch"},
       "cannot boot such a machine: 4 disks, that to swap to among them, are too many: a sparc64 machine has "
       "at "
       "most 3"},
      {{"-k", "./old", "--qemu-option", "virtio-rng-pci", "--", "true"},
       "cannot boot such a machine: qemu_options: \"virtio-rng-pci\" is no option of QEMU: write each word "
       "by itself, "
       "as in [\"-device\", \"virtio-rng-pci\"]"},
      {{"-k", "./old", "--nodes", "8", "--memory", "256M", "--", "true"},
       "cannot boot such a machine: 8 nodes need 512 MiB of memory, 64 MiB each, and the machine has 256 "
       "MiB"},
      {{"-k", "./old", "--arch", "sparc64", "--nodes", "2", "--", "nosuch"},
       "cannot boot such a machine: a sparc64 machine has one node: QEMU's sun4u supports no more"},
      {{"-k", "./old", "--arch", "sparc64", "--", "true"},
       "cannot run true in a guest: /bin/true was not compiled for sparc64; --root DIR takes what a program "
       "needs from another system"},
      {{"-k", "./old", "--module", "loop", "--", "true"},
       "cannot bring module loop along: ./old has no modules"},
      {{"-k", "./old", "--append", std::string(2100, 'x'), "--", "true"},
       "cannot boot such a machine: append: the command line has 2174 bytes, a kernel reads 2047"},
      {{"-k", "./old", "--append", "hugepages=4", "--append", "init=/none", "--", "true"},
       "cannot boot such a machine: append: leave out \"init=/none\": the first process is Assay's agent"},
  };
  for (const auto& [words, said] : all) {
    auto line = words;
    line.insert(line.begin(), {"exec", "-q"});
    expect_refused(line, 2, said);
  }
  EXPECT_THAT(below("results"), IsEmpty());
}

TEST_F(Exec, ADynamicProgramBringsWhatItNeeds) {
  fs::copy_file("/bin/true", root() / "mine");
  const auto ended = assay({"exec", "-k", "./old", "--dry-run", "--", "./mine"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("  /mine  (from ./mine)\n"), HasSubstr("/ld-linux-x86-64.so.2\n"),
                               ContainsRegex("/libc.so.6\n"), EndsWith(" files and links in all\n")));
  EXPECT_THAT(below("results"), IsEmpty()) << "nothing boots";
}

TEST_F(Exec, AnInterpreterGetsItsScript) {
  write("mine.sh", "echo from $0\n");
  const auto script = (root() / "mine.sh").string();
  EXPECT_EQ(exec({"sh", "-e", script}).out, "from " + script + "\n");
  EXPECT_THAT(assay({"exec", "-k", "./old", "--dry-run", "--", "sh", "mine.sh"}).out,
              HasSubstr("  /mine.sh  (from ./mine.sh)\n"));
  EXPECT_THAT(assay({"exec", "-k", "./old", "--dry-run", "--", "sh", "-c", "mine.sh"}).out,
              testing::Not(HasSubstr("mine.sh")));
}

TEST_F(Exec, ProgramsOfAnotherRootAreLookedForThere) {
  write("system/bin/mine", "#!/bin/nosuch\n");
  expect_refused({"exec", "-q", "-k", "./old", "--root", "system", "--", "mine"}, 2,
                 "cannot run mine in a guest: /bin/mine wants the interpreter /bin/nosuch, which is not in " +
                     fs::canonical(root() / "system").string() + ": No such file or directory");
  expect_refused(
      {"exec", "-q", "-k", "./old", "--root", "system", "--", "/bin/true"}, 2,
      "cannot run /bin/true in a guest: it is not in --root; a path from here names a program of this host");
  write("system/bin/big", "");
  fs::resize_file(root() / "system/bin/big", std::uintmax_t{64} << 20U);
  expect_refused(
      {"exec", "-q", "-k", "./old", "--memory", "128M", "--root", "system", "--", "big"}, 2,
      "cannot boot with 128 MiB of memory: what the program needs has 64 MiB, and unpacking it takes "
      "224 MiB");
  expect_refused({"exec", "-q", "-k", "./old", "--root", "nosuch", "--", "mine"}, 2,
                 "cannot open the root nosuch: No such file or directory");
}

TEST_F(Exec, EndsWith70WithoutLibvirt) {
  no_hypervisor_ = "cannot connect to libvirt: it is not there";
  const auto ended = exec({"true"});
  EXPECT_EQ(ended.code, 70);
  EXPECT_EQ(ended.err, "assay: " + no_hypervisor_ + "\n");
}

class ExecOnScripts : public Exec {
 protected:
  void SetUp() override { fs::create_directory(root() / "results"); }
};

TEST_F(ExecOnScripts, EndsWith125WhenTheKernelDoesNotBoot) {
  cast_ = only_guest(0, panics_at_boot);
  const auto ended = exec({"true"});
  EXPECT_EQ(ended.code, 125);
  EXPECT_THAT(ended.err,
              StartsWith("assay: cannot boot ./old: Kernel panic - not syncing: VFS: Unable to mount"));
}

TEST_F(ExecOnScripts, EndsWith255WhenTheGuestDies) {
  cast_ = only_guest(0, dies_after_hello);
  const auto ended = exec({"true"});
  EXPECT_EQ(ended.code, 255);
  EXPECT_THAT(ended.err,
              AllOf(StartsWith("assay: the guest died: guest powered off\n"),
                    HasSubstr("assay: its last console lines were:\n"), HasSubstr("the last words\n")));
  EXPECT_THAT(ended.err,
              ContainsRegex("assay: its console is in results/exec/[^\n]+-true-[0-9a-f]+/console.log\n$"));
}

TEST_F(ExecOnScripts, CtrlCDestroysTheGuest) {
  cast_ = only_guest(0, interrupts);
  const auto ended = exec({"true"});
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.err,
              StartsWith("assay: stopping: the guest is being destroyed (again to quit at once)\n"));
}

TEST_F(ExecOnScripts, KeepsTheLatestConsoles) {
  for (int i = 0; i < 120; ++i) {
    write("results/exec/20200101-000000-old-" + std::to_string(1000 + i) + "/console.log", "");
  }
  cast_ = only_guest(0, dies_after_hello);
  static_cast<void>(exec({"true"}));
  std::size_t folders = 0;
  for ([[maybe_unused]] const auto& folder : fs::directory_iterator(root() / "results/exec")) {
    ++folders;
  }
  EXPECT_EQ(folders, 101U);
  EXPECT_FALSE(fs::exists(root() / "results/exec/20200101-000000-old-1000"));
  EXPECT_TRUE(fs::exists(root() / "results/exec/20200101-000000-old-1119"));
}

class Shell : public OnFakes {};

TEST_F(Shell, IsForTerminals) {
  expect_refused(
      {"shell", "-k", "./old"}, 2,
      "cannot open a shell: stdin or stdout is not a terminal; assay exec runs programs without one");
  expect_refused(
      {"shell"}, 2,
      "cannot run assay shell: --kernel is missing; usage: assay shell [OPTION...] --kernel KERNEL");
  EXPECT_THAT(below("results"), IsEmpty());
}

}  // namespace
}  // namespace assay::cli
