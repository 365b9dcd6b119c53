// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/copy.hpp"
#include "base/output.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace assay {
namespace {

std::string content_of(const UniqueFd& file) {
  struct stat status{};
  EXPECT_EQ(::fstat(file.get(), &status), 0);
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), status.st_size);
  return text;
}

TEST(Copies, HolesStayHoles) {
  const auto from = nameless_file();
  const auto to = nameless_file();
  ASSERT_TRUE(from && to);
  constexpr off_t far = off_t{64} << 20U;
  ASSERT_EQ(::pwrite(from->get(), "begin", 5, 0), 5);
  ASSERT_EQ(::pwrite(from->get(), "middle", 6, far / 2), 6);
  ASSERT_EQ(::ftruncate(from->get(), far), 0);
  EXPECT_EQ(copy_content(from->get(), to->get(), far), 0);
  EXPECT_TRUE(content_of(*from) == content_of(*to));
  struct stat status{};
  ASSERT_EQ(::fstat(to->get(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, far / 2);
}

TEST(Copies, AnEmptyFileAndOneThatBecameShorter) {
  const auto from = nameless_file();
  const auto to = nameless_file();
  ASSERT_TRUE(from && to);
  EXPECT_EQ(copy_content(from->get(), to->get(), 0), 0);
  ASSERT_EQ(write_all(from->get(), "text"), 0);
  EXPECT_EQ(copy_content(from->get(), to->get(), 4), 0);
  EXPECT_EQ(content_of(*to), "text");
  EXPECT_EQ(copy_content(from->get(), to->get(), 5), EIO);
}

}  // namespace
}  // namespace assay
