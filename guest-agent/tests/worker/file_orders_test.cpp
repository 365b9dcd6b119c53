// SPDX-License-Identifier: GPL-2.0-or-later
// Files as a host orders them, over a socket.
#include "agent_process.hpp"
#include "file_entries.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace assay::agent {
namespace {

namespace fs = std::filesystem;
using Builder = flatbuffers::FlatBufferBuilder;

struct Entry {
  wire::FileKind kind = wire::FileKind::more;
  std::string path{};
  unsigned mode = 0;
  std::string bytes{};
  std::string target{};
};

constexpr std::int64_t then = 1'000'000'000'000'000'005;
constexpr const char* digest_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class FileOrders : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { fs::remove_all(folder_); }

  void store(const std::vector<Entry>& entries) {
    Builder order;
    agent_.send_message(order, wire::Message::StoreFiles, wire::CreateStoreFiles(order, 1).Union());
    Builder builder;
    std::vector<flatbuffers::Offset<wire::FileEntry>> list;
    for (const auto& one : entries) {
      const auto path = builder.CreateString(one.path);
      const auto target = builder.CreateString(one.target);
      const auto bytes =
          builder.CreateVector(reinterpret_cast<const std::uint8_t*>(one.bytes.data()), one.bytes.size());
      list.push_back(wire::CreateFileEntry(builder, one.kind, path, one.mode, then, target, 1, 3, bytes));
    }
    const auto files = builder.CreateVector(list);
    agent_.send_message(builder, wire::Message::Files, wire::CreateFiles(builder, 1, files, true).Union());
  }
  void fetch(const std::string& path) {
    Builder builder;
    agent_.send_message(builder, wire::Message::FetchFiles,
                        wire::CreateFetchFilesDirect(builder, 1, path.c_str()).Union());
  }

  std::string digest() {
    const auto* done = agent_.wait_for(wire::Message::FilesDone);
    return done == nullptr ? "" : done->message_as_FilesDone()->sha256()->str();
  }

  /// What comes until the end, content joined.
  std::vector<Entry> fetched() {
    std::vector<Entry> entries;
    for (bool end = false; !end;) {
      const auto* frame = agent_.wait_for(wire::Message::Files);
      if (frame == nullptr) {
        ADD_FAILURE() << "no end of files";
        return entries;
      }
      const auto* files = frame->message_as_Files();
      end = files->end();
      for (const auto* one : *files->entries()) {
        const std::string bytes(one->bytes()->begin(), one->bytes()->end());
        if (one->kind() == wire::FileKind::more && !entries.empty()) {
          entries.back().bytes += bytes;
        } else {
          entries.push_back({one->kind(), one->path()->str(), one->mode(), bytes, one->target()->str()});
        }
      }
    }
    return entries;
  }

  /// Why the order failed.
  std::string failure() {
    const auto* result = agent_.result();
    EXPECT_TRUE(result != nullptr && result->fate() == wire::Fate::exited);
    return result == nullptr ? "" : result->reason()->str();
  }

  [[nodiscard]] struct stat status_of(const std::string& name) const {
    struct stat status{};
    EXPECT_EQ(::lstat((folder_ + name).c_str(), &status), 0) << name;
    return status;
  }

  std::string folder_ = ::testing::TempDir() + "assay-files-XXXXXX";
  AgentProcess agent_;
};

TEST_F(FileOrders, EveryKindOfFileIsMade) {
  ::mkdir((folder_ + "/old").c_str(), 0700);
  store({{wire::FileKind::folder, folder_ + "/old", 0755},
         {wire::FileKind::folder, folder_ + "/new", 0550},
         {wire::FileKind::regular, folder_ + "/new/x", 04751, "a"},
         {wire::FileKind::more, "", 0, "bc"},
         {wire::FileKind::regular, folder_ + "/parents/made/nothing", 0600},
         {wire::FileKind::link, folder_ + "/link", 0777, "", "no/where"},
         {wire::FileKind::hard_link, folder_ + "/new/same", 0, "", folder_ + "/new/x"},
         {wire::FileKind::fifo, folder_ + "/odd \n\xff", 0622},
         {wire::FileKind::socket, folder_ + "/socket", 0600}});
  EXPECT_EQ(digest(), digest_of_abc);
  ASSERT_NE(agent_.result(), nullptr);
  std::ifstream file(folder_ + "/new/x");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "abc");
  EXPECT_EQ(status_of("/new/x").st_mode, S_IFREG | 04751U);
  EXPECT_EQ(status_of("/new/x").st_ino, status_of("/new/same").st_ino);
  EXPECT_EQ(status_of("/new").st_mode, S_IFDIR | 0550U);
  EXPECT_EQ(status_of("/old").st_mode, S_IFDIR | 0700U) << "a folder that is there stays as it is";
  EXPECT_EQ(status_of("/odd \n\xff").st_mode, S_IFIFO | 0622U);
  EXPECT_EQ(status_of("/socket").st_mode, S_IFSOCK | 0600U);
  EXPECT_EQ(status_of("/parents/made/nothing").st_size, 0);
  EXPECT_EQ(fs::read_symlink(folder_ + "/link"), "no/where");
  for (const auto* name : {"/new/x", "/new", "/link", "/socket"}) {
    EXPECT_EQ(status_of(name).st_mtim.tv_sec, 1'000'000'000) << name;
    EXPECT_EQ(status_of(name).st_mtim.tv_nsec, 5) << name;
  }
}

TEST_F(FileOrders, EveryKindOfFileIsSent) {
  fs::create_directories(folder_ + "/t/deep/empty");
  std::ofstream(folder_ + "/t/a") << "abc";
  fs::create_hard_link(folder_ + "/t/a", folder_ + "/t/b");
  fs::create_symlink("/no/where", folder_ + "/t/deep/link");
  ASSERT_EQ(::mkfifo((folder_ + "/t/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((folder_ + "/t/socket").c_str(), S_IFSOCK | 0600, 0), 0);
  fetch(folder_ + "/t");
  const auto entries = fetched();
  EXPECT_EQ(digest(), digest_of_abc);
  std::string seen;
  for (const auto& one : entries) {
    seen +=
        std::string(wire::EnumNameFileKind(one.kind)) + " " + one.path + " " + one.bytes + one.target + "\n";
  }
  EXPECT_EQ(seen,
            "folder  \nregular a abc\nhard_link b a\nfolder deep \nfolder deep/empty \n"
            "link deep/link /no/where\nfifo fifo \nsocket socket \n");
}

TEST_F(FileOrders, ALargeFileAndManySmallOnesGoWhole) {
  fs::create_directory(folder_ + "/t");
  const std::string large(300'001, 'x');
  std::ofstream(folder_ + "/t/0large") << large;
  for (int i = 0; i < 2000; ++i) {
    std::ofstream(folder_ + "/t/" + std::to_string(i)) << i;
  }
  fetch(folder_ + "/t");
  const auto entries = fetched();
  ASSERT_EQ(entries.size(), 2002U);
  EXPECT_EQ(entries[2].path, "0large");
  EXPECT_TRUE(entries[2].bytes == large);
  EXPECT_EQ(entries.back().bytes, "999");
  EXPECT_LT(agent_.count(wire::Message::Files), 40U);
}

TEST_F(FileOrders, WhatCannotBeReadInAFolderIsTold) {
  const std::string folder = "/sys/devices/virtual/net/lo";  // a loopback has no speed: EINVAL
  if (::access((folder + "/speed").c_str(), R_OK) != 0) {
    GTEST_SKIP() << "no file here that opens and cannot be read";
  }
  fetch(folder);
  bool told = false;
  for (const auto& one : fetched()) {
    told = told ||
           (one.kind == wire::FileKind::unreadable && one.path.ends_with("speed") && !one.target.empty());
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(agent_.result()->fate(), wire::Fate::finished);
}

TEST_F(FileOrders, NothingIsWrittenToWhatIsNeitherAFileNorADisk) {
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mknod((folder_ + "/socket").c_str(), S_IFSOCK | 0600, 0), 0);
  for (const auto& path : {folder_ + "/fifo", folder_ + "/socket", std::string("/dev/null"), folder_}) {
    store({{wire::FileKind::regular, path, 0644, "x"}});
    EXPECT_EQ(failure(), "cannot create " + path + ": what is there is neither a file nor a disk");
  }
}

TEST(FileTimes, OfAnotherAgeAreTimes) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t ns :
       {Limits::min(), std::int64_t{-1'000'000'001}, std::int64_t{-1}, Limits::max()}) {
    struct stat status{};
    status.st_mtim = wire::times_of(ns)[1];
    EXPECT_TRUE(status.st_mtim.tv_nsec >= 0 && status.st_mtim.tv_nsec < 1'000'000'000) << ns;
    EXPECT_EQ(status.st_mtim.tv_sec < 0, ns < 0) << ns;
    EXPECT_NEAR(static_cast<double>(wire::mtime_of(status)), static_cast<double>(ns), 1e9) << ns;
  }
  struct stat status{};
  status.st_mtim.tv_sec = Limits::max();
  EXPECT_EQ(wire::mtime_of(status), Limits::max());
  status.st_mtim.tv_sec = Limits::min();
  EXPECT_EQ(wire::mtime_of(status), Limits::min());
}

TEST_F(FileOrders, WhatCannotBeDoneSaysWhy) {
  store({{wire::FileKind::regular, "relative", 0644}});
  EXPECT_EQ(failure(), "\"relative\" is not an absolute path");
  store({{wire::FileKind::regular, "/proc/no/such/x", 0644}});
  EXPECT_EQ(failure(), "cannot create /proc/no: No such file or directory");
  store({{wire::FileKind::more, "", 0, "x"}});
  EXPECT_EQ(failure(), "the host sent content without a file");
  fetch(folder_ + "/none");
  EXPECT_EQ(failure(), "cannot find " + folder_ + "/none: No such file or directory");
}

}  // namespace
}  // namespace assay::agent
