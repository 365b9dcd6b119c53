// SPDX-License-Identifier: GPL-2.0-or-later
// Folders as they go into a guest and come out of one, a hostile guest's among them.
#include "base/files.hpp"
#include "program/file_source.hpp"
#include "program/file_target.hpp"

#include "frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>

namespace assay::program {
namespace {

using link::FileKind;
using testing::HasSubstr;

class FileCopies : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "assay-copies-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] FileTarget target(const std::string& name = "out") const {
    return FileTarget({"/g", folder_ / name}, mib(1));
  }

  fs::path folder_;
};

link::FileEntry entry(FileKind kind, const std::string& path, const std::string& bytes = "",
                      const std::string& target = "") {
  return {kind, path, kind == FileKind::folder ? 0755U : 0640U, 1'000'000'000'000'000'005, target, 0,
          0,    bytes};
}

std::string why(const auto& result) { return result ? "" : result.error().text(); }

struct stat status_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

/// Everything that a source sends, as one message.
std::vector<link::FileEntry> all_of(FileSource& source) {
  std::vector<link::FileEntry> entries;
  for (bool end = false; !end;) {
    auto files = source.next();
    EXPECT_TRUE(files) << why(files);
    std::size_t size = 0;
    for (auto& one : files->entries) {
      size += one.path.size() + one.target.size() + one.bytes.size();
      entries.push_back(std::move(one));
    }
    EXPECT_LE(size, wire::most_bytes);
    end = files->end;
  }
  return entries;
}

TEST_F(FileCopies, AFolderComesBackAsItWas) {
  const fs::path from = folder_ / "from";
  const std::string odd = "odd \n\xff name";
  fs::create_directories(from / "deep/empty");
  ASSERT_TRUE(write_file(from / "run", "#!/bin/sh\n"));
  ASSERT_TRUE(write_file(from / "deep" / odd, std::string(100'000, 'x')));
  ASSERT_TRUE(write_file(from / "nothing", ""));
  fs::create_symlink("../run", from / "deep/link");
  fs::create_symlink("/nowhere", from / "dangling");
  fs::create_hard_link(from / "run", from / "same");
  ASSERT_EQ(::mkfifo((from / "fifo").c_str(), 0620), 0);
  ASSERT_EQ(::chmod((from / "run").c_str(), 0751), 0);
  ASSERT_EQ(::chmod((from / "fifo").c_str(), 0622), 0) << "more than a umask leaves";
  ASSERT_EQ(::chmod((from / "deep").c_str(), 0500), 0);

  const auto files = parse_file_in(from.string() + ":/g");
  ASSERT_TRUE(files) << why(files);
  FileSource source(*files);
  auto to = target();
  for (auto one : all_of(source)) {
    if (one.kind != FileKind::more) {
      one.path = one.path == "/g" ? "" : one.path.substr(3);
      one.target = one.kind == FileKind::hard_link ? one.target.substr(3) : one.target;
    }
    const auto taken = to.take(one);
    ASSERT_TRUE(taken) << why(taken);
  }
  const auto notes = to.finish(source.digest());
  ASSERT_TRUE(notes) << why(notes);
  EXPECT_TRUE(notes->missing.empty() && notes->remarks.empty());

  const fs::path out = folder_ / "out";
  EXPECT_EQ(*read_file(out / "deep" / odd), std::string(100'000, 'x'));
  EXPECT_EQ(fs::read_symlink(out / "deep/link"), "../run");
  EXPECT_EQ(fs::read_symlink(out / "dangling"), "/nowhere");
  EXPECT_EQ(status_of(out / "same").st_ino, status_of(out / "run").st_ino);
  EXPECT_EQ(status_of(out / "nothing").st_size, 0);
  for (const auto* name : {"run", "deep", "deep/empty", "fifo", "deep/link", "."}) {
    const auto before = status_of(from / name);
    const auto after = status_of(out / name);
    EXPECT_EQ(before.st_mode, after.st_mode) << name;
    EXPECT_EQ(before.st_mtim.tv_sec, after.st_mtim.tv_sec) << name;
    EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec) << name;
  }
}

TEST_F(FileCopies, WhatIsSwappedInMeanwhileIsNotFollowed) {
  const auto swapped = [&](const fs::path& what, auto make) {
    fs::remove_all(folder_ / "from");
    fs::create_directories(folder_ / "from/deep");
    EXPECT_TRUE(write_file(folder_ / "from/deep/file", "mine"));
    const auto files = parse_file_in((folder_ / "from").string() + ":/g");
    EXPECT_TRUE(files) << why(files);
    fs::remove_all(folder_ / "from" / what);
    make(folder_ / "from" / what);
    FileSource source({files->back()});
    const auto taken = source.next();
    EXPECT_FALSE(taken && taken->entries.front().kind == FileKind::regular);
    return why(taken);
  };
  fs::create_directories(folder_ / "elsewhere");
  ASSERT_TRUE(write_file(folder_ / "elsewhere/file", "secret"));
  EXPECT_THAT(swapped("deep", [&](const auto& at) { fs::create_symlink(folder_ / "elsewhere", at); }),
              HasSubstr("cannot open"));
  EXPECT_EQ(swapped("deep/file", [&](const auto& at) { fs::create_symlink(folder_ / "elsewhere/file", at); }),
            "")
      << "a link is sent as one";
  EXPECT_EQ(swapped("deep/file", [](const auto& at) { ::mkfifo(at.c_str(), 0600); }), "") << "nor waited for";
}

TEST_F(FileCopies, AFileThatBecomesAFifoIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  FileSource source({{folder_ / "fifo", "/x"}});
  EXPECT_THAT(why(source.next()), HasSubstr("it is no file any more"));
}

TEST_F(FileCopies, WhatHasNoEndIsGivenUp) {
  const std::string piece(300'000, 'x');
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
  ASSERT_TRUE(to.take(entry(FileKind::regular, "endless", piece)));
  ASSERT_TRUE(to.take(entry(FileKind::more, "", piece)));
  ASSERT_TRUE(to.take(entry(FileKind::regular, "other", piece)));
  EXPECT_EQ(why(to.take(entry(FileKind::more, "", piece))),
            "/g/other has no end: more came than the guest has memory and swap");
  EXPECT_FALSE(fs::exists(folder_ / "out/other")) << "no part of it stays";
  EXPECT_EQ(fs::file_size(folder_ / "out/endless"), 600'000U);
}

TEST_F(FileCopies, ATimeOfAnotherAgeIsATime) {
  auto to = target();
  auto file = entry(FileKind::regular, "");
  file.mtime_ns = std::numeric_limits<std::int64_t>::min();
  ASSERT_TRUE(to.take(file));
  ASSERT_TRUE(to.finish(sha256("")));
  EXPECT_LT(status_of(folder_ / "out").st_mtim.tv_sec, 0);
}

TEST_F(FileCopies, WhatIsNamedByItselfIsRead) {
  fs::create_symlink("real", folder_ / "link");
  ASSERT_TRUE(write_file(folder_ / "real", "content"));
  FileSource source({{folder_ / "link", "/x"}});
  const auto entries = all_of(source);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].kind, FileKind::regular);
  EXPECT_EQ(entries[1].bytes, "content");
  FileSource none({{folder_ / "none", "/x"}});
  EXPECT_THAT(why(none.next()), HasSubstr("cannot open"));
}

TEST_F(FileCopies, SmallFilesGoTogether) {
  std::vector<FileIn> files;
  ASSERT_TRUE(write_file(folder_ / "small", "x"));
  for (int i = 0; i < 3000; ++i) {
    files.push_back({folder_ / "small", fmt::format("/g/{}", i)});
  }
  FileSource source(files);
  std::size_t messages = 1;
  while (!source.next()->end) {
    ++messages;
  }
  EXPECT_LT(messages, 60U);
}

TEST_F(FileCopies, AHostileGuestWritesNothingOutside) {
  ASSERT_TRUE(write_file(folder_ / "victim", "untouched"));
  const std::string outside = folder_.string();
  for (const auto& name :
       {std::string("../victim"), std::string("/etc/passwd"), std::string("a/../../victim"), std::string("."),
        std::string(".."), std::string("a//b"), std::string("a/"), std::string("a\0b", 3),
        std::string(300, 'n'), outside + "/victim", std::string(5000, '/')}) {
    for (const auto kind :
         {FileKind::regular, FileKind::folder, FileKind::link, FileKind::hard_link, FileKind::fifo}) {
      auto to = target("named");
      ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
      EXPECT_FALSE(to.take(entry(kind, name, "", "victim"))) << name;
      fs::remove_all(folder_ / "named");
    }
  }
  // Through a link that it made itself, of a folder or of a file, to somewhere else.
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
  ASSERT_TRUE(to.take(entry(FileKind::link, "out", "", outside)));
  ASSERT_TRUE(to.take(entry(FileKind::link, "file", "", outside + "/victim")));
  EXPECT_THAT(why(to.take(entry(FileKind::regular, "out/victim", "bad"))), HasSubstr("cannot enter"));
  EXPECT_FALSE(to.take(entry(FileKind::hard_link, "stolen", "", "../victim")));
  EXPECT_FALSE(to.take(entry(FileKind::hard_link, "stolen", "", "out/victim")));
  EXPECT_FALSE(to.take(entry(FileKind::folder, "out/new")));
  ASSERT_TRUE(to.take(entry(FileKind::regular, "file", "mine"))) << "the link is replaced, not followed";
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder_ / "out/file")));
  ASSERT_TRUE(to.take(entry(FileKind::folder, "empty")));
  EXPECT_FALSE(to.take(entry(FileKind::folder, "empty/missing/x")));
  EXPECT_FALSE(to.take(entry(FileKind::folder, ""))) << "a second root";
  EXPECT_EQ(*read_file(folder_ / "victim"), "untouched");
}

TEST_F(FileCopies, NoDevicesSocketsAndSetUidBitsAreMadeAndEachIsSaid) {
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
  for (const auto kind : {FileKind::character_device, FileKind::block_device, FileKind::socket}) {
    ASSERT_TRUE(to.take(entry(kind, fmt::format("special{}", static_cast<int>(kind)))));
  }
  auto program = entry(FileKind::regular, "program");
  program.mode = 04755;
  ASSERT_TRUE(to.take(program));
  ASSERT_TRUE(to.take(entry(FileKind::regular, "begun", "half")));
  ASSERT_TRUE(to.take(entry(FileKind::unreadable, "begun", "", "Input/output error")));
  const auto notes = to.finish(sha256("half"));
  ASSERT_TRUE(notes) << why(notes);
  EXPECT_EQ(notes->remarks.size(), 4U);
  EXPECT_EQ(notes->remarks[0], "left out /g/special7: a device");
  EXPECT_EQ(notes->missing,
            (std::vector<std::string>{"cannot copy /g/begun out of the guest: Input/output error"}));
  EXPECT_EQ(status_of(folder_ / "out/program").st_mode & 07777U, 0755U);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "out"), {}), 1);
}

TEST_F(FileCopies, AFolderThatCannotBeReadToItsEndIsSaid) {
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
  ASSERT_TRUE(to.take(entry(FileKind::unreadable, "", "", "Input/output error")));
  ASSERT_TRUE(to.take(entry(FileKind::regular, "a", "a")));
  const auto notes = to.finish(sha256("a"));
  ASSERT_TRUE(notes) << why(notes);
  EXPECT_EQ(notes->missing,
            (std::vector<std::string>{"cannot copy /g out of the guest: Input/output error"}));
  EXPECT_TRUE(fs::exists(folder_ / "out/a"));
}

TEST_F(FileCopies, NotesOfAHostileGuestAreBounded) {
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::folder, "")));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(to.take(entry(FileKind::socket, "s")));
    ASSERT_TRUE(to.take(entry(FileKind::unreadable, "u", "", std::string(10'000, 'x'))));
  }
  const auto notes = to.finish(sha256(""));
  ASSERT_TRUE(notes) << why(notes);
  EXPECT_EQ(notes->remarks.size(), 10'000U);
  EXPECT_EQ(notes->missing.size(), 10'000U);
  EXPECT_LE(notes->missing.back().size(), 5'000U);
}

TEST_F(FileCopies, AFileIsThereWhenItIsWhole) {
  {
    auto to = target();
    ASSERT_TRUE(to.take(entry(FileKind::regular, "", "a")));
    ASSERT_TRUE(to.take(entry(FileKind::more, "", "b")));
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    EXPECT_FALSE(to.finish(sha256("other"))) << "changed on the way";
  }
  EXPECT_TRUE(fs::is_empty(folder_)) << "no trace is left";
  auto to = target();
  ASSERT_TRUE(to.take(entry(FileKind::regular, "", "ab")));
  ASSERT_TRUE(to.finish(sha256("ab")));
  EXPECT_EQ(*read_file(folder_ / "out"), "ab");
  for (const auto kind : {FileKind::link, FileKind::fifo, FileKind::hard_link, FileKind::more}) {
    auto odd = target("odd");
    EXPECT_FALSE(odd.take(entry(kind, "", "x", "y"))) << static_cast<int>(kind);
  }
  EXPECT_FALSE(target("odd").finish(sha256("")));
}

}  // namespace
}  // namespace assay::program
