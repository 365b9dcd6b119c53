// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/output.hpp"
#include "base/beneath.hpp"
#include "base/files.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <thread>

namespace assay {
namespace {

class Outputs : public testing::Test {
 protected:
  void SetUp() override {
    auto name = (fs::temp_directory_path() / "assay-output-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// What writing `text` to `path` says; "" when nothing went wrong.
  static std::string write(const fs::path& path, std::string_view text) {
    auto output = Output::open(path);
    auto done = output ? output->put(text) : Status(output.error());
    if (done) {
      done = output->finish();
    }
    return done ? "" : done.error().text();
  }
  static std::string content(const fs::path& path) {
    const auto text = read_file(path);
    return text ? *text : text.error().text();
  }
  static struct stat status(const fs::path& path) {
    struct stat found{};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found;
  }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(Outputs, ANewFileHasTheModeThatTheUmaskLeaves) {
  const auto before = ::umask(027);
  EXPECT_EQ(write(folder_ / "new", "text"), "");
  ::umask(before);
  EXPECT_EQ(content(folder_ / "new"), "text");
  EXPECT_EQ(status(folder_ / "new").st_mode & 07777U, 0640U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Outputs, AFileIsReplacedWhenWholeAndKeepsItsMode) {
  const auto path = folder_ / "file";
  ASSERT_TRUE(write_file(path, "a longer old text"));
  ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
  {
    auto given_up = Output::open(path);
    ASSERT_TRUE(given_up);
    ASSERT_TRUE(given_up->put("half"));
    EXPECT_EQ(content(path), "a longer old text");
  }
  EXPECT_EQ(content(path), "a longer old text");
  EXPECT_EQ(write(path, "new"), "");
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(status(path).st_mode & 07777U, 0604U);
  EXPECT_EQ(files(), 1U);
}

TEST_F(Outputs, TheOtherNamesOfAFileStayItsNames) {
  ASSERT_TRUE(write_file(folder_ / "one", "a longer old text"));
  fs::create_hard_link(folder_ / "one", folder_ / "two");
  EXPECT_EQ(write(folder_ / "one", "new"), "");
  EXPECT_EQ(content(folder_ / "two"), "new");
}

TEST_F(Outputs, LinksAreFollowedAlsoWhereTheyLeadToNothingYet) {
  fs::create_directory(folder_ / "deep");
  ASSERT_TRUE(write_file(folder_ / "deep/file", "old"));
  fs::create_symlink("deep/file", folder_ / "link");
  fs::create_symlink("deep/new", folder_ / "dangling");
  EXPECT_EQ(write(folder_ / "link", "text"), "");
  EXPECT_EQ(write(folder_ / "dangling", "made"), "");
  EXPECT_EQ(content(folder_ / "deep/file"), "text");
  EXPECT_EQ(content(folder_ / "deep/new"), "made");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link") && fs::is_symlink(folder_ / "dangling"));
  fs::create_symlink("round", folder_ / "round");
  EXPECT_NE(write(folder_ / "round", "x").find("Too many levels of symbolic links"), std::string::npos);
  fs::create_symlink("deep/never", folder_ / "given-up");
  EXPECT_TRUE(Output::open(folder_ / "given-up"));
  EXPECT_FALSE(fs::exists(folder_ / "deep/never"));
}

TEST_F(Outputs, DevicesAreWritten) {
  const auto device = folder_ / "null";
  if (::mknod(device.c_str(), S_IFCHR | 0666, ::makedev(1, 3)) != 0) {
    GTEST_SKIP() << "only root makes devices";
  }
  EXPECT_EQ(write(device, "text"), "");
  EXPECT_TRUE(S_ISCHR(status(device).st_mode));
  EXPECT_EQ(write("/dev/full", "text"), "cannot write /dev/full: No space left on device");
}

TEST_F(Outputs, FifosAreWritten) {
  const auto fifo = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = content(fifo); });
  EXPECT_EQ(write(fifo, "text"), "");
  reader.join();
  EXPECT_EQ(read, "text");
  EXPECT_TRUE(S_ISFIFO(status(fifo).st_mode));
}

TEST_F(Outputs, ADescriptorIsWrittenWhereItIs) {
  const UniqueFd fd(::open((folder_ / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(fd.get(), "before ", 7), 7);
  const auto path = fmt::format("/dev/fd/{}", fd.get());
  fs::create_symlink(path, folder_ / "link");
  EXPECT_EQ(write(path, "in "), "");
  EXPECT_EQ(write(folder_ / "link", "it"), "");
  EXPECT_EQ(content(folder_ / "file"), "before in it");
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  EXPECT_EQ(write(fmt::format("/proc/self/fd/{}", in.get()), "text"), "");
  std::array<char, 8> buffer{};
  EXPECT_EQ(::read(out.get(), buffer.data(), buffer.size()), 4);
  EXPECT_NE(write("/dev/fd/987", "text"), "");
}

/// In place, because of its other name: it is kept elsewhere until it is whole.
TEST_F(Outputs, WhereItIsKeptMeanwhileIsNamedWhenThatFails) {
  ASSERT_TRUE(write_file(folder_ / "file", "old"));
  fs::create_hard_link(folder_ / "file", folder_ / "other");
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  const auto none = folder_ / "none";
  ::setenv("TMPDIR", none.c_str(), 1);
  EXPECT_EQ(write(folder_ / "file", "new"),
            fmt::format("cannot write {}: cannot create a temporary file in {}: No such file or directory",
                        (folder_ / "file").string(), none.string()));
  EXPECT_EQ(write(folder_ / "beside", "new"), "") << "it needs no such place";
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_EQ(content(folder_ / "file"), "old");
}

TEST_F(Outputs, MistakesMakeNothing) {
  const auto name = folder_.string();
  EXPECT_EQ(write(folder_ / "no/such/file", ""),
            fmt::format("cannot write {0}/no/such/file: there is no folder {0}/no/such", name));
  EXPECT_EQ(write(folder_, ""), fmt::format("cannot write {}: it is a folder; name a file in it", name));
  EXPECT_NE(write(folder_ / "new/", ""), "");
  EXPECT_NE(write("", ""), "");
  EXPECT_EQ(files(), 0U);
}

TEST_F(Outputs, InAFolderOfOthersNoLinkIsFollowed) {
  fs::create_directories(folder_ / "results/runs");
  fs::create_directory(folder_ / "victim");
  ASSERT_TRUE(write_file(folder_ / "victim/file", "kept"));
  fs::create_directory_symlink("../../victim", folder_ / "results/runs/link");
  const auto refused = open_beneath(folder_ / "results", "runs/link", Missing::is_made);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("runs/link: it is a symbolic link"), std::string::npos);
  EXPECT_FALSE(open_beneath(folder_ / "results", "runs/../../victim", Missing::is_an_error));
  EXPECT_FALSE(open_beneath(folder_ / "results", "runs/none", Missing::is_an_error));
  auto made = open_beneath(folder_ / "results", "runs/new/inner", Missing::is_made);
  ASSERT_TRUE(made);
  fs::create_symlink("../../../../victim/file", folder_ / "results/runs/new/inner/page");
  EXPECT_FALSE(Output::open_in(std::move(*made), "page", "page"));
  EXPECT_EQ(content(folder_ / "victim/file"), "kept");
}

}  // namespace
}  // namespace assay
