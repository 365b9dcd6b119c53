// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/programs.hpp"

#include "base/files.hpp"
#include "experiment/catalogue.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/plan.hpp"
#include "running.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::run {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* nothing_known = R"({"agent": "1", "workloads": [], "samplers": []})";

class ProgramsOfAnExperiment : public testing::Test {
 protected:
  ProgramsOfAnExperiment() {
    places_.images = fs::path(ASSAY_SOURCE) / "images";
    places_.cache = scratch_.root() / "cache";
  }

  /// One workload of these keys, in line 2; `machines` in line 3.
  Result<Programs> found(const std::string& keys,
                         const std::string& machines = "machines.pc.arch = \"x86_64\"") {
    const auto text = fmt::format(R"toml(variants.old.kernel = "linux-6.12"
workloads.mine = {{ {} }}
{}
[experiment]
name = "x"
title = "x"
thread = "1@example.org"
author = "A"
[[claims]]
id = "one"
says = "one"
quote = "q"
workload = "mine"
count = "failure"
expect = {{ old = ">= 1" }}
)toml",
                                  keys, machines);
    const auto file = scratch_.root() / "x.toml";
    auto parsed = experiment::parse_experiment(text, file, *experiment::Catalogue::from_json(nothing_known));
    if (!parsed) {
      return parsed.error();
    }
    experiment_ = std::move(*parsed);
    asio::io_context io;
    return run_on(io, find_programs(places_, experiment_, scratch_.root()));
  }

  std::string mistake(const std::string& keys,
                      const std::string& machines = "machines.pc.arch = \"x86_64\"") {
    const auto programs = found(keys, machines);
    if (programs) {
      return "none";
    }
    const auto text = programs.error().text();
    const auto root = scratch_.root().string() + "/";
    std::string rest = text;
    for (auto at = rest.find(root); at != std::string::npos; at = rest.find(root)) {
      rest.erase(at, root.size());
    }
    return rest;
  }

  [[nodiscard]] std::vector<std::string> paths(const Programs& programs, Arch arch = Arch::x86_64) const {
    std::vector<std::string> all;
    for (const auto& file : programs_for(experiment_, programs, "old", arch)) {
      all.push_back(file.path);
    }
    return all;
  }

  void script(const std::string& name, const std::string& text) {
    fs::permissions(scratch_.write(name, text), fs::perms::owner_all);
  }

  Scratch scratch_;
  Places places_;
  experiment::Experiment experiment_;
};

TEST_F(ProgramsOfAnExperiment, ComeWithWhatTheyNeedAndTheirFiles) {
  script("repro.sh", "#!/bin/dash\necho\n");
  scratch_.write("data/deep/one", "1");
  scratch_.write("two", "2");
  const auto programs = found(R"(program = "repro.sh", files = ["data", "two", "two:/etc/other"])");
  ASSERT_TRUE(programs) << programs.error().text();
  for (const auto* path : {"/programs/mine/repro.sh", "/programs/mine/data/deep/one", "/programs/mine/two",
                           "/etc/other", "/bin/dash"}) {
    EXPECT_THAT(paths(*programs), Contains(path));
  }
  EXPECT_EQ(experiment_.workloads.front().program->guest, "/programs/mine/repro.sh");
  EXPECT_THAT(programs_text(experiment_, *programs),
              StartsWith("# workload mine on x86_64: /programs/mine/repro.sh\n#   from repro.sh, "));
  const auto before = digests_of(*programs);
  scratch_.write("two", "3");
  EXPECT_NE(digests_of(*found(R"(program = "repro.sh", files = ["data", "two", "two:/etc/other"])")), before);
}

TEST_F(ProgramsOfAnExperiment, AreOfThisSystemWhereNothingLiesBesideTheExperiment) {
  const auto programs = found(R"(program = "dash")");
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_THAT(paths(*programs), Contains("/bin/dash"));
  script("dash", "#!/bin/bash\n");
  ASSERT_TRUE(found(R"(program = "dash")"));
  EXPECT_EQ(experiment_.workloads.front().program->guest, "/programs/mine/dash");
}

TEST_F(ProgramsOfAnExperiment, CountFromHereWhereTheExperimentDoes) {
  script("repro", "#!/bin/dash\n");
  ASSERT_TRUE(found(R"(program = "repro")"));
  const auto before = fs::current_path();
  fs::current_path(scratch_.root());
  asio::io_context io;
  const auto programs = run_on(io, find_programs(places_, experiment_, ""));
  fs::current_path(before);
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_THAT(paths(*programs), Contains("/programs/mine/repro"));
}

TEST_F(ProgramsOfAnExperiment, MistakesNameThePlaceAndTheFix) {
  script("repro", "#!/bin/bash\n");
  scratch_.write("text", "text");
  scratch_.write("folder/x", "x");
  EXPECT_EQ(mistake(R"(program = "./repo")"),
            "x.toml:2:30: program: there is no ./repo; did you mean \"./repro\"?");
  EXPECT_EQ(
      mistake(R"(program = "nothing-like-it")"),
      "x.toml:2:30: program: there is no nothing-like-it, and no program of this name in PATH of the guest");
  EXPECT_EQ(mistake(R"(program = "text")"), "x.toml:2:30: program: text is not executable: chmod +x text");
  EXPECT_EQ(mistake(R"(program = "folder")"), "x.toml:2:30: program: folder is a folder");
  EXPECT_EQ(mistake(R"(program = "none.c")"), "x.toml:2:30: program: there is no none.c");
  EXPECT_EQ(mistake(R"(program = "repro", setup = "./none")"), "x.toml:2:47: setup: there is no ./none");
  EXPECT_EQ(mistake(R"(program = "repro", files = ["text", "txt"])"), "x.toml:2:56: files: there is no txt");
  EXPECT_EQ(mistake(R"(program = "/bin/dash")", "machines.sun.arch = \"sparc64\""),
            "x.toml:2:30: program: cannot run /bin/dash in a guest: it was not compiled for sparc64");
  EXPECT_THAT(mistake(R"(program = "repro")", "machines.sun.arch = \"sparc64\""),
              HasSubstr("/bin/bash was not compiled for sparc64; root = \"DIR\" takes what a program needs"));
  std::string large = "#!/bin/dash\n";
  large.resize(30'000'000);
  script("large", large);
  EXPECT_THAT(mistake(R"(program = "large")", "machines.pc.memory = \"64M\""),
              StartsWith("x.toml:2:30: program: machine pc has 64 MiB: what the program needs has "));
}

TEST_F(ProgramsOfAnExperiment, AllOfAKernelMustFitTogether) {
  std::string large = "#!/bin/dash\n";
  large.resize(15'000'000);
  script("one", large);
  large += "2";
  script("two", large);
  const std::string machine = "machines.pc.memory = \"96M\"";
  EXPECT_EQ(mistake(R"(program = "one")", machine), "none");
  EXPECT_THAT(mistake(R"(program = "one")", machine + "\nworkloads.other.program = \"two\""),
              StartsWith("x.toml:2:30: program: machine pc has 96 MiB, and the programs of all workloads of "
                         "old lie in its initramfs: together what the program needs has "));
}

TEST_F(ProgramsOfAnExperiment, SourcesAreCompiledOnceForEachArchitecture) {
  scratch_.write("answer.h", "#define ANSWER 42\n");
  scratch_.write("repro.c",
                 "#include <assay.h>\n#include \"answer.h\"\n"
                 "int main(void) { assay_begin(); assay_figure(\"x\", ANSWER + MORE, \"us\"); assay_end(); "
                 "return 0; }\n");
  const std::string keys = R"(program = "repro.c", cflags = ["-DMORE=1", "-Wall", "-Wextra", "-Werror"])";
  const std::string both = "machines = { pc = { arch = \"x86_64\" }, sun = { arch = \"sparc64\" } }";
  const auto programs = found(keys, both);
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_EQ(experiment_.workloads.front().program->guest, "/programs/mine/repro");
  EXPECT_THAT(paths(*programs, Arch::sparc64), Contains("/programs/mine/repro"));
  EXPECT_NE(programs->at("mine/x86_64").digest, programs->at("mine/sparc64").digest);
  const auto file = programs->at("mine/x86_64").files.front().host;
  const auto written = fs::last_write_time(file);
  const auto again = found(keys, both);
  EXPECT_EQ(again->at("mine/x86_64").files.front().host, file);
  EXPECT_EQ(fs::last_write_time(file), written);
  scratch_.write("answer.h", "#define ANSWER 43\n");
  EXPECT_NE(found(keys, both)->at("mine/x86_64").files.front().host, file) << "what it includes counts";
}

/// Two objects and two targets that come to nothing.
constexpr const char* makefile =
    "repro: main.o more.o\n\t$(CC) $(LDFLAGS) -o $@ $^\n"
    "other:\n\t@echo made nothing\nfails:\n\t@echo no such thing; exit 3\n";

TEST_F(ProgramsOfAnExperiment, AMakefileMakesThemForEachArchitecture) {
  scratch_.write("src/Makefile", makefile);
  scratch_.write("src/main.c", "#include <assay.h>\nint more(void);\nint main(void) { return more(); }\n");
  scratch_.write("src/more.c", "int more(void) { return 0; }\n");
  scratch_.write("src/main.o", "what an earlier make left for whatever architecture");
  const std::string keys = R"(program = "src/repro", make = true)";
  const std::string both = "machines = { pc = { arch = \"x86_64\" }, sun = { arch = \"sparc64\" } }";
  const auto programs = found(keys, both);
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_THAT(paths(*programs, Arch::sparc64), Contains("/programs/mine/repro"));
  EXPECT_NE(programs->at("mine/x86_64").digest, programs->at("mine/sparc64").digest);
  EXPECT_FALSE(fs::exists(scratch_.root() / "src/repro")) << "a copy of the folder is made";
  EXPECT_THAT(programs_text(experiment_, *programs), HasSubstr("from src/repro, by make, "));
  const auto file = programs->at("mine/x86_64").files.front().host;
  EXPECT_EQ(found(keys, both)->at("mine/x86_64").files.front().host, file);
  scratch_.write("src/more.c", "int more(void) { return 1; }\n");
  EXPECT_NE(found(keys, both)->at("mine/x86_64").files.front().host, file) << "all files of it count";
  const auto made = found(keys, both)->at("mine/x86_64").files.front().host;
  places_.images = scratch_.root() / "images";
  scratch_.write("images/include/assay.h", "/* another */\n");
  EXPECT_NE(found(keys, both)->at("mine/x86_64").files.front().host, made) << "and what is found beside";
}

TEST_F(ProgramsOfAnExperiment, WhatMakeCannotMakeIsToldInItsWords) {
  scratch_.write("src/Makefile", makefile);
  scratch_.write("empty/x", "");
  EXPECT_EQ(mistake(R"(program = "empty/repro", make = true)"),
            "x.toml:2:30: program: there is no Makefile in empty to make repro of");
  EXPECT_THAT(mistake(R"(program = "src/fails", make = true)"),
              StartsWith("x.toml:2:30: program src/fails for x86_64: cannot make fails: exit code 2\n"
                         "no such thing\nmake: *** [Makefile:6: fails] Error 3"));
  EXPECT_THAT(mistake(R"(program = "src/other", make = true)"),
              HasSubstr("make other ended well, but there is no file other"));
  EXPECT_THAT(mistake(R"(program = "src/repro", make = true)"),
              HasSubstr("No rule to make target 'main.o', needed by 'repro'"));
}

TEST_F(ProgramsOfAnExperiment, TextWithoutAnInterpreterIsTheShells) {
  script("plain", "echo\n");
  const auto programs = found(R"(program = "plain")");
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_THAT(paths(*programs), Contains("/bin/sh"));
}

TEST_F(ProgramsOfAnExperiment, ThoseBesideItAreProgramsLikeIt) {
  script("repro", "#!/bin/bash\n");
  script("rest", "#!/bin/bash\n");
  scratch_.write("prepare.c", "int main(void) { return 0; }\n");
  const auto programs = found(R"(program = "repro", setup = "prepare.c", settle = "rest")");
  ASSERT_TRUE(programs) << programs.error().text();
  EXPECT_THAT(paths(*programs), Contains("/programs/mine/prepare"));
  const auto order = experiment::plan(experiment_, {}).front().orders.front();
  EXPECT_EQ(order.program->run.arguments, std::vector<std::string>{"/programs/mine/repro"});
  EXPECT_EQ(order.program->setup->arguments, std::vector<std::string>{"/programs/mine/prepare"});
  EXPECT_EQ(order.program->settle->arguments, std::vector<std::string>{"/programs/mine/rest"});
}

TEST_F(ProgramsOfAnExperiment, TwoFilesForOnePlaceAreAMistake) {
  script("run/main", "#!/bin/bash\n");
  script("setup/main", "#!/bin/bash\n");
  EXPECT_THAT(
      mistake(R"(program = "run/main", setup = "setup/main")"),
      StartsWith("x.toml:2:30: program: run/main and setup/main would both be /programs/mine/main in a "
                 "guest: give one another place"));
  EXPECT_THAT(mistake(R"(program = "run/main", files = ["setup/main:/etc/x", "run/main:/etc/x"])"),
              HasSubstr("would both be /etc/x"));
}

TEST_F(ProgramsOfAnExperiment, ACompilersWordsAreShown) {
  scratch_.write("repro.c", "int main(void) { return nothing; }\n");
  const auto words = mistake(R"(program = "repro.c")");
  EXPECT_THAT(words, StartsWith("x.toml:2:30: program repro.c for x86_64: cannot compile it: exit code 1\n"));
  EXPECT_THAT(words, HasSubstr("repro.c:1:25: error: 'nothing' undeclared")) << "whatever the language here";
  scratch_.write("repro.c", "#include <stdio.h>\n#include <nowhere.h>\n");
  EXPECT_THAT(mistake(R"(program = "repro.c")"), HasSubstr("nowhere.h: No such file or directory"));
  scratch_.write("repro.c", "int missing(void);\nint main(void) { return missing(); }\n");
  EXPECT_THAT(mistake(R"(program = "repro.c")"), HasSubstr("undefined reference to `missing'"));
}

}  // namespace
}  // namespace assay::run
