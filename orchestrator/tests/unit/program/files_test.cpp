// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/files.hpp"

#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace assay::program {
namespace {

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::path(testing::TempDir()) / fmt::format("assay-files-{}", ::getpid())) {
    fs::create_directories(folder_ / "deep/er");
    for (const auto* name : {"a", "deep/b", "deep/er/c"}) {
      EXPECT_TRUE(write_file(folder_ / name, name));
    }
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};

std::string error_of(const auto& result) { return result ? "no error" : result.error().text(); }

TEST_F(Files, OneIn) {
  const auto files = parse_file_in(path("a") + ":/data/x");
  ASSERT_TRUE(files) << error_of(files);
  EXPECT_EQ(*files, (std::vector<FileIn>{{path("a"), "/data/x"}}));
  EXPECT_EQ(parse_file_in(path("a") + ":/data/")->front().guest, "/data/a");
}

TEST_F(Files, AFolderIn) {
  const auto files = parse_file_in(path("deep") + ":/d");
  ASSERT_TRUE(files) << error_of(files);
  EXPECT_EQ(*files, (std::vector<FileIn>{{path("deep"), "/d", true},
                                         {path("deep/b"), "/d/b", true},
                                         {path("deep/er"), "/d/er", true},
                                         {path("deep/er/c"), "/d/er/c", true}}));
  EXPECT_EQ(*parse_file_in(path("deep/") + ":/d"), *files);
}

TEST_F(Files, MistakesAreUsage) {
  for (const auto& text : {path("a"), path("a") + ":relative", path("none") + ":/x", std::string(":/x")}) {
    const auto files = parse_file_in(text);
    ASSERT_FALSE(files) << text;
    EXPECT_EQ(files.error().kind(), Failure::usage);
    EXPECT_NE(files.error().text().find(text), std::string::npos);
  }
  for (const auto& text :
       {std::string("/x"), std::string("/x:"), std::string("x:y"), "/x:" + path("none/y")}) {
    EXPECT_FALSE(parse_file_out(text)) << text;
  }
}

TEST_F(Files, WhatMayNotBeReadIsToldAtOnce) {
  ASSERT_EQ(::chmod(path("deep/b").c_str(), 0), 0);
  ASSERT_EQ(::chmod(path("").c_str(), 0755), 0);
  const bool is_root = ::geteuid() == 0;
  ASSERT_TRUE(!is_root || ::seteuid(65534) == 0);
  for (const auto& text : {path("deep/b") + ":/b", path("deep") + ":/d"}) {
    const auto files = parse_file_in(text);
    EXPECT_NE(error_of(files).find("/deep/b: Permission denied"), std::string::npos) << error_of(files);
    EXPECT_TRUE(!files && files.error().kind() == Failure::usage);
  }
  ASSERT_TRUE(!is_root || ::seteuid(0) == 0);
}

TEST_F(Files, NothingInAFolderIsLeftOut) {
  fs::create_directory(folder_ / "deep/empty");
  fs::create_symlink("nowhere", folder_ / "deep/link");
  ASSERT_EQ(::mkfifo((folder_ / "deep/fifo").c_str(), 0600), 0);
  const auto files = parse_file_in(path("deep") + ":/d");
  ASSERT_TRUE(files) << error_of(files);
  std::vector<std::string> names;
  for (const auto& file : *files) {
    names.push_back(file.guest);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"/d", "/d/b", "/d/empty", "/d/er", "/d/er/c", "/d/fifo", "/d/link"}));
}

TEST_F(Files, OneOut) {
  EXPECT_EQ(parse_file_out("/data/x:" + path("y"))->host, path("y"));
  EXPECT_EQ(parse_file_out("/data/x:" + path("deep"))->host, path("deep/x"));
  EXPECT_EQ(parse_file_out("/data/x/:" + path("deep"))->host, path("deep/x"));
  EXPECT_EQ(parse_file_out("/data/er:" + path("deep"))->host, path("deep/er"));
}

TEST_F(Files, AProgramThatIsHereIsCopied) {
  std::string script = path("a");
  EXPECT_EQ(program_to_copy(script, {}), (FileIn{path("a"), path("a")}));
  EXPECT_EQ(script, path("a"));

  std::string in_path = "sh";
  EXPECT_EQ(program_to_copy(in_path, {}), std::nullopt);
  std::string guests = "/nowhere/here";
  EXPECT_EQ(program_to_copy(guests, {}), std::nullopt);
  std::string brought = path("a");
  EXPECT_EQ(program_to_copy(brought, {{path("deep/b"), path("a")}}), std::nullopt);
}

}  // namespace
}  // namespace assay::program
