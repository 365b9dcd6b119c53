// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/program_needs.hpp"

#include "image/loader_cache.hpp"
#include "image/script.hpp"
#include "scratch.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

namespace assay::image {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* loader = "/lib64/ld-test.so";

/// A system in a folder, with /lib as a link to usr/lib, as systems have it now.
class ProgramNeedsTest : public testing::Test {
 protected:
  ProgramNeedsTest() {
    EXPECT_TRUE(make_directories(root() / "usr/lib"));
    fs::create_directory_symlink("usr/lib", root() / "lib");
    library("lib64/ld-test.so");
  }

  [[nodiscard]] fs::path root() const { return scratch_.root() / "system"; }
  fs::path file(const std::string& path, std::string_view text) const {
    return scratch_.write(fs::path("system") / path, text);
  }

  void link(const std::string& output, const std::string& options) const {
    const auto source = scratch_.write("x.c", "void _start(void) {}\n");
    EXPECT_TRUE(make_directories((root() / output).parent_path()));
    const auto command = fmt::format("cc -nostdlib -Wl,--no-as-needed,--allow-shlib-undefined -o {} {} {}",
                                     (root() / output).string(), source.string(), options);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  void library(const std::string& path, const std::string& options = "") const {
    link(path, fmt::format("-shared -fPIC -Wl,-soname,{} {}", fs::path(path).filename().string(), options));
  }
  void program(const std::string& path, const std::string& options) const {
    link(path, fmt::format("-pie -fPIC -Wl,--dynamic-linker={} {}", loader, options));
  }
  [[nodiscard]] std::string at(const std::string& path) const { return (root() / path).string() + " "; }

  [[nodiscard]] ProgramNeeds needs(Arch arch = Arch::x86_64,
                                   std::map<std::string, fs::path> brought = {}) const {
    ProgramSource source{arch, root(), std::move(brought), {"PATH=/bin:/usr/bin"}};
    auto made = ProgramNeeds::create(std::move(source));
    EXPECT_TRUE(made) << made.error().text();
    return std::move(*made);
  }

  /// "PATH" or "PATH -> LINK" of each file that the guest gets for a program; or the error.
  [[nodiscard]] static std::vector<std::string> listed(const ProgramNeeds& needs) {
    std::vector<std::string> names;
    for (const auto& one : needs.files()) {
      names.push_back(one.path + (one.link.empty() ? "" : " -> " + one.link));
    }
    return names;
  }
  [[nodiscard]] std::vector<std::string> files_for(const std::string& program,
                                                   std::map<std::string, fs::path> brought = {}) const {
    auto all = needs(Arch::x86_64, std::move(brought));
    const auto added = all.add(program);
    if (!added || !*added) {
      return {added ? "it is not there" : added.error().text()};
    }
    return listed(all);
  }
  [[nodiscard]] std::string error_for(const std::string& program, Arch arch = Arch::x86_64) const {
    auto all = needs(arch);
    const auto added = all.add(program);
    return added ? "no error" : added.error().text();
  }

  Scratch scratch_;
};

using Files = std::vector<std::string>;

TEST_F(ProgramNeedsTest, LibrariesComeWithWhatTheyNeed) {
  library("usr/lib/libdeep.so");
  library("usr/lib/libone.so.1", at("usr/lib/libdeep.so"));
  program("usr/bin/mine", at("usr/lib/libone.so.1"));
  fs::create_symlink("/usr/bin/mine", root() / "usr/bin/alias");
  const Files all{"/lib/libdeep.so -> /usr/lib/libdeep.so",
                  "/lib/libone.so.1 -> /usr/lib/libone.so.1",
                  loader,
                  "/usr/bin/mine",
                  "/usr/lib/libdeep.so",
                  "/usr/lib/libone.so.1"};
  EXPECT_EQ(files_for("mine"), all) << "by its name, in PATH";
  EXPECT_EQ(files_for("/usr/bin/mine"), all);
  EXPECT_THAT(files_for("alias"), Contains("/usr/bin/alias -> /usr/bin/mine"));
  EXPECT_EQ(files_for("nosuch"), Files{"it is not there"});
}

TEST_F(ProgramNeedsTest, AMissingLibraryIsNamedWithWhoWantsIt) {
  library("usr/lib/libdeep.so");
  library("usr/lib/libone.so", at("usr/lib/libdeep.so"));
  program("bin/mine", at("usr/lib/libone.so"));
  fs::remove(root() / "usr/lib/libdeep.so");
  EXPECT_THAT(error_for("mine"), HasSubstr("/lib/libone.so needs libdeep.so, which is not in "));
  fs::remove(root() / "usr/lib/libone.so");
  EXPECT_THAT(error_for("mine"), HasSubstr("/bin/mine needs libone.so, which is not in " + root().string()));
  const auto brought = scratch_.write("libone.so", "no ELF");
  EXPECT_THAT(files_for("mine", {{"/usr/lib/libone.so", brought}}).front(),
              HasSubstr("/bin/mine needs libone.so"));
  fs::remove(root() / "lib64/ld-test.so");
  EXPECT_THAT(error_for("mine"),
              HasSubstr("/bin/mine needs /lib64/ld-test.so, its loader, which is not in "));
}

TEST_F(ProgramNeedsTest, WhatTheGuestGetsAnywayIsTaken) {
  library("usr/lib/libone.so");
  program("bin/mine", at("usr/lib/libone.so"));
  fs::rename(root() / "usr/lib/libone.so", scratch_.root() / "libone.so");
  EXPECT_EQ(files_for("mine", {{"/usr/lib/libone.so", scratch_.root() / "libone.so"}}),
            (Files{"/bin/mine", loader}));
  EXPECT_EQ(files_for("mine", {{loader, scratch_.root() / "any"}}), Files{"/bin/mine"})
      << "who brings the loader brings libraries";
}

TEST_F(ProgramNeedsTest, OriginIsWhereTheProgramIsHereAndInTheGuest) {
  library("opt/own/libone.so");
  program("opt/bin/mine", at("opt/own/libone.so") + "-Wl,-rpath,'$ORIGIN/../own'");
  EXPECT_THAT(files_for("/opt/bin/mine"), Contains("/opt/own/libone.so"));
  auto elsewhere = needs();
  ASSERT_TRUE(elsewhere.add_needs_of(root() / "opt/bin/mine", "/a/b/mine"));
  EXPECT_THAT(listed(elsewhere), Contains("/a/own/libone.so"));
  fs::create_symlink("/opt/bin/mine", root() / "link");
  EXPECT_THAT(files_for("/link"), Contains("/opt/own/libone.so")) << "beside the program, not the link";
}

TEST_F(ProgramNeedsTest, AnOldRpathCountsForLibrariesToo) {
  library("opt/libdeep.so");
  library("opt/libone.so", at("opt/libdeep.so"));
  const auto options = at("opt/libone.so") + "-Wl,-rpath,/opt,";
  program("bin/old", options + "--disable-new-dtags");
  program("bin/new", options + "--enable-new-dtags");
  EXPECT_THAT(files_for("old"), Contains("/opt/libdeep.so"));
  EXPECT_THAT(error_for("new"), HasSubstr("/opt/libone.so needs libdeep.so"));
}

TEST_F(ProgramNeedsTest, OtherMachinesAndMuslAreToldApart) {
  program("bin/mine", "");
  EXPECT_THAT(error_for("/bin/mine", Arch::sparc64), HasSubstr("it was not compiled for sparc64"));
  link("bin/of-musl", "-pie -fPIC -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1");
  EXPECT_THAT(error_for("of-musl"),
              HasSubstr("/bin/of-musl needs /lib/ld-musl-x86_64.so.1, the loader of musl"));
  file("bin/script", "#!/bin/mine\n");
  EXPECT_THAT(error_for("script", Arch::sparc64),
              HasSubstr("/bin/mine was not compiled for sparc64; --root"));
}

TEST_F(ProgramNeedsTest, AStaticProgramNeedsNothing) {
  link("bin/static", "-static");
  EXPECT_EQ(files_for("static"), Files{"/bin/static"});
}

TEST_F(ProgramNeedsTest, ScriptsComeWithTheirInterpreters) {
  program("bin/sh", "");
  program("usr/bin/env", "");
  file("usr/bin/script", "#! /bin/sh -e\n");
  EXPECT_EQ(files_for("script"), (Files{"/bin/sh", loader, "/usr/bin/script"}));
  for (const auto* line : {"#!/usr/bin/env sh", "#!/usr/bin/env -S A=b sh -e", "#!/usr/bin/env /bin/sh"}) {
    file("usr/bin/script", std::string(line) + "\n");
    EXPECT_EQ(files_for("script"), (Files{"/bin/sh", loader, "/usr/bin/env", "/usr/bin/script"})) << line;
  }
  const auto others = scratch_.write("others", "");
  EXPECT_EQ(files_for("script", {{"/bin/sh", others}}), (Files{loader, "/usr/bin/env", "/usr/bin/script"}));
}

TEST_F(ProgramNeedsTest, AMissingInterpreterIsNamed) {
  program("usr/bin/env", "");
  file("bin/one", "#!/no/such\n");
  file("bin/two", "#!/usr/bin/env nosuch\n");
  file("bin/three", "#!/bin/one\n");
  file("bin/none", "#!\n");
  EXPECT_THAT(error_for("one"), HasSubstr("/bin/one wants the interpreter /no/such, which is not in "));
  EXPECT_THAT(error_for("two"), HasSubstr("/bin/two wants the interpreter nosuch, which is not in "));
  EXPECT_THAT(error_for("three"), HasSubstr("/bin/one wants the interpreter /no/such"));
  EXPECT_THAT(error_for("none"), HasSubstr("the first line of /bin/none names no interpreter"));
}

TEST_F(ProgramNeedsTest, AChainOfScriptsIsAsLongAsKernelsFollow) {
  program("bin/0", "");
  for (int i = 1; i <= 10; ++i) {
    file(fmt::format("bin/{}", i), fmt::format("#!/bin/{}\n", i - 1));
  }
  EXPECT_EQ(files_for("5").size(), 7U);
  EXPECT_THAT(error_for("6"), HasSubstr("a kernel follows 5"));
  EXPECT_THAT(error_for("10"), HasSubstr("a kernel follows 5"));
  file("bin/self", "#!/bin/self\n");
  EXPECT_THAT(error_for("self"), HasSubstr("a kernel follows 5"));
}

TEST_F(ProgramNeedsTest, PythonComesWithItsLibrary) {
  program("usr/bin/python3.11", "");
  library("usr/lib/libone.so");
  library("usr/lib/python3.11/lib-dynload/x.so", at("usr/lib/libone.so"));
  library("usr/lib/python3.11/lib-dynload/y.so", at("usr/lib/python3.11/lib-dynload/x.so"));
  fs::create_symlink("python3.11", root() / "usr/bin/python3");
  for (const auto* name : {"os.py", "json/decoder.py", "test/a.py", "lib-dynload/_tkinter.so",
                           "json/__pycache__/a.pyc", "config-x/a.a"}) {
    file(fmt::format("usr/lib/python3.11/{}", name), "");
  }
  EXPECT_EQ(files_for("python3"),
            (Files{"/lib/libone.so -> /usr/lib/libone.so", loader, "/usr/bin/python3 -> /usr/bin/python3.11",
                   "/usr/bin/python3.11", "/usr/lib/libone.so", "/usr/lib/python3.11/json/decoder.py",
                   "/usr/lib/python3.11/lib-dynload/x.so", "/usr/lib/python3.11/lib-dynload/y.so",
                   "/usr/lib/python3.11/os.py"}));
  const auto library_at = [&](const std::string& guest) {
    auto elsewhere = needs();
    EXPECT_TRUE(elsewhere.add_needs_of(root() / "usr/bin/python3", guest));
    return listed(elsewhere);
  };
  EXPECT_THAT(library_at("/home/u/bin/python"), Contains("/home/u/lib/python3.11/os.py"));
  EXPECT_THAT(library_at("/python"), Contains("/usr/lib/python3.11/os.py"));
}

TEST_F(ProgramNeedsTest, NothingLeadsOutOfTheRoot) {
  const auto outside = scratch_.write("outside", "secret");
  fs::create_symlink(outside, root() / "absolute");
  fs::create_symlink("../../../../.." + outside.string(), root() / "relative");
  fs::create_directory_symlink("../..", root() / "up");
  fs::create_symlink("/usr/inside", root() / "inside");
  file("usr/inside", "");
  fs::create_symlink("b", root() / "a");
  fs::create_symlink("a", root() / "b");
  const auto folder = RootFolder::open(root());
  ASSERT_TRUE(folder);
  for (const auto* path : {"/absolute", "/relative", "/up/outside", "/../outside", "/none"}) {
    const auto found = folder->find(path);
    EXPECT_EQ(found ? found->host.string() : found.error().text(), "No such file or directory") << path;
  }
  EXPECT_EQ(folder->find("/inside")->path, "/usr/inside");
  EXPECT_EQ(folder->find("/up/../usr/inside")->host, root() / "usr/inside");
  EXPECT_EQ(folder->find("/a").error().text(), "Too many levels of symbolic links");
  file("bin/script", "#!/a\n");
  EXPECT_THAT(error_for("script"), HasSubstr("the interpreter /a, which is not in"));
  EXPECT_FALSE(RootFolder::open(outside));
}

TEST(LoaderCache, IsReadInBothByteOrders) {
  for (const bool big : {false, true}) {
    std::string bytes = "glibc-ld.so.cache1.1";
    const auto number = [&](std::size_t value) {
      for (int i = 0; i < 4; ++i) {
        bytes += static_cast<char>(value >> (8 * (big ? 3 - i : i)));
      }
    };
    const auto entry = [&](std::size_t key, std::size_t value, std::size_t hwcap) {
      const auto end = bytes.size() + 24;
      number(0x0303);
      number(key);
      number(value);
      number(0);
      number(big ? hwcap : 0);
      number(big ? 0 : hwcap);
      bytes.resize(end);
    };
    number(2);
    number(0);
    bytes.resize(48);
    entry(96, 96, std::size_t{1} << 30U);  // for one kind of CPU
    entry(96, 103, 0);
    bytes += std::string("libx.1\0/opt/libx.1\0", 19);
    const std::map<std::string, std::vector<std::string>> expected{{"libx.1", {"/opt/libx.1"}}};
    EXPECT_EQ(read_loader_cache("ld.so-1.7.0" + bytes), expected);
    EXPECT_TRUE(read_loader_cache(bytes.substr(0, 60)).empty());
  }
  EXPECT_TRUE(read_loader_cache("").empty());
}

}  // namespace
}  // namespace assay::image
