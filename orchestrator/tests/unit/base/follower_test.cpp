// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/follower.hpp"

#include "base/files.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace assay {
namespace {

using namespace std::chrono_literals;

class FollowerTest : public testing::Test {
 public:
  FollowerTest(const FollowerTest&) = delete;
  FollowerTest& operator=(const FollowerTest&) = delete;
  FollowerTest(FollowerTest&&) = delete;
  FollowerTest& operator=(FollowerTest&&) = delete;
  ~FollowerTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 protected:
  FollowerTest() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = fs::path(folder_) / "log";
  }

  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }
  Follower follow() { return Follower::open(io_.get_executor(), path_).value(); }

  asio::io_context io_;
  std::string folder_ = testing::TempDir() + "assay-follower-XXXXXX";
  fs::path path_;
};

TEST_F(FollowerTest, CreatesTheFile) {
  auto follower = follow();
  EXPECT_TRUE(fs::exists(path_));
  EXPECT_EQ(follower.now(), "");
}

TEST_F(FollowerTest, GivesWhatWasThereAndWhatIsAppended) {
  append("one\n");
  auto follower = follow();
  EXPECT_EQ(run_on(io_, follower.more()), "one\n");
  append("two\n");
  EXPECT_EQ(run_on(io_, follower.more()), "two\n");
  EXPECT_EQ(follower.now(), "");
}

TEST_F(FollowerTest, WaitsUntilSomethingIsAppended) {
  auto follower = follow();
  asio::steady_timer timer(io_, 50ms);
  timer.async_wait([this](auto) { append("late"); });
  EXPECT_EQ(run_on(io_, follower.more()), "late");
}

TEST_F(FollowerTest, SurvivesTheEventsOfWhatWasReadAlready) {
  auto follower = follow();
  append("one");
  EXPECT_EQ(follower.now(), "one");  // its inotify event is still queued
  asio::steady_timer timer(io_, 50ms);
  timer.async_wait([this](auto) { append("two"); });
  EXPECT_EQ(run_on(io_, follower.more()), "two");
}

TEST_F(FollowerTest, LosesNothingOfALongText) {
  auto follower = follow();
  const std::string text(std::size_t{3} << 20U, 'x');
  append(text);
  std::size_t read = 0;
  while (read < text.size()) {
    const auto piece = run_on(io_, follower.more());
    ASSERT_LE(piece.size(), std::size_t{1} << 20U) << "memory stays bounded";
    read += piece.size();
  }
  EXPECT_EQ(read, text.size());
}

Task<bool> cancelled_more(Follower& follower) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
  const auto first = co_await (follower.more() || timer.async_wait(noexcept_awaitable));
  co_return first.index() == 1;
}

TEST_F(FollowerTest, CanBeCancelled) {
  auto follower = follow();
  EXPECT_TRUE(run_on(io_, cancelled_more(follower)));
  append("after");
  EXPECT_EQ(run_on(io_, follower.more()), "after");
}

TEST_F(FollowerTest, NamesTheFileThatItCannotFollow) {
  const auto follower = Follower::open(io_.get_executor(), fs::path(folder_) / "no" / "log");
  ASSERT_FALSE(follower);
  EXPECT_NE(follower.error().text().find("no/log: No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace assay
