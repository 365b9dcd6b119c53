// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/read_ahead.hpp"

#include "base/files.hpp"

#include "running.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <boost/asio/post.hpp>

#include <cstdlib>

namespace assay::program {
namespace {

class ReadAhead : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = testing::TempDir() + "assay-ahead-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// What stands for a file then, or the error.
  static std::string content_of(const fs::path& path) {
    asio::io_context io;
    std::vector<FileIn> files{{path, "/x"}};
    const auto held = run_on(io, read_ahead(files, mib(1)));
    if (!held) {
      EXPECT_EQ(held.error().kind(), Failure::usage);
      return held.error().text();
    }
    EXPECT_NE(files.front().host, path);
    return *read_file(files.front().host);
  }

  fs::path folder_;
};

TEST_F(ReadAhead, AFifoThatNobodyWritesToIsTold) {
  const auto fifo = folder_ / "fifo";
  EXPECT_EQ(content_of(fifo),
            "cannot copy " + fifo.string() + " into a guest: it is a FIFO that nobody writes to");
}

TEST_F(ReadAhead, AWriterIsWaitedFor) {
  const auto fifo = folder_ / "fifo";
  UniqueFd writer(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  asio::io_context io;
  std::vector<FileIn> files{{fifo, "/x"}};
  // Behind the first read, which finds nothing.
  asio::post(io, [&] {
    asio::post(io, [&] {
      EXPECT_EQ(::write(writer.get(), "late", 4), 4);
      writer.reset();
    });
  });
  const auto held = run_on(io, read_ahead(files, mib(1)));
  ASSERT_TRUE(held) << held.error().text();
  EXPECT_EQ(*read_file(files.front().host), "late");
}

TEST_F(ReadAhead, WhatHasNoEndIsGivenUp) {
  EXPECT_EQ(content_of("/dev/zero"),
            "cannot copy /dev/zero into a guest: more comes of it than the guest has memory (1 MiB)");
  EXPECT_EQ(content_of("/dev/null"), "");
}

TEST_F(ReadAhead, FilesAndFoldersStayAsTheyAre) {
  ASSERT_TRUE(write_file(folder_ / "file", "x"));
  asio::io_context io;
  const std::vector<FileIn> given{
      {folder_ / "file", "/x"}, {folder_, "/d", true}, {folder_ / "fifo", "/d/fifo", true}};
  auto files = given;
  const auto held = run_on(io, read_ahead(files, mib(1)));
  ASSERT_TRUE(held) << held.error().text();
  EXPECT_EQ(files, given);
}

}  // namespace
}  // namespace assay::program
