// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pool.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace assay::machine {
namespace {

using std::chrono::milliseconds;

Result<std::string> slow_answer(const std::shared_ptr<std::atomic<bool>>& go_on) {
  while (!*go_on) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  return std::string("late");
}

/// Starts `call` on a pool and keeps what comes of it.
class Asked {
 public:
  template <class Call>
  void ask(Duration limit, Call call) {
    asio::co_spawn(io_, on_pool(pool, limit, "asking", std::move(call)),
                   [this](const std::exception_ptr& thrown, Result<std::string> got) {
                     EXPECT_FALSE(thrown);
                     answer = std::move(got);
                   });
  }
  void run() { io_.run(); }
  Pool pool{2};
  Result<std::string> answer = fail(Failure::usage, "nothing came");

 private:
  asio::io_context io_;
};

TEST(OnPool, GivesTheAnswerOfACallThatBlocksElsewhere) {
  Asked asked;
  asked.ask(std::chrono::seconds(5), [here = std::this_thread::get_id()]() -> Result<std::string> {
    return std::this_thread::get_id() == here ? "on the loop" : "on the pool";
  });
  asked.run();
  ASSERT_TRUE(asked.answer) << asked.answer.error().text();
  EXPECT_EQ(*asked.answer, "on the pool");
}

TEST(OnPool, HandsOnTheErrorOfTheCall) {
  Asked asked;
  asked.ask(std::chrono::seconds(5), []() -> Result<std::string> { return fail(Failure::boot, "why"); });
  asked.run();
  ASSERT_FALSE(asked.answer);
  EXPECT_EQ(asked.answer.error().kind(), Failure::boot);
}

TEST(OnPool, ACallThatOverrunsIsGivenUpAndItsAnswerDropped) {
  auto go_on = std::make_shared<std::atomic<bool>>(false);
  auto asked = std::make_unique<Asked>();
  asked->ask(milliseconds(30), [go_on] { return slow_answer(go_on); });
  asked->run();
  ASSERT_FALSE(asked->answer);
  EXPECT_EQ(asked->answer.error().kind(), Failure::infrastructure);
  EXPECT_EQ(asked->answer.error().text(), "asking: libvirt did not answer within 30 ms");
  EXPECT_FALSE(asked->pool.idle());
  *go_on = true;
  asked.reset();  // joins the pool after the io_context is gone: the late answer must not touch it
}

TEST(OnPool, IdleOnceTheCallIsOver) {
  Asked asked;
  asked.ask(std::chrono::seconds(5), []() -> Result<std::string> { return std::string(); });
  EXPECT_TRUE(asked.pool.idle());
  asked.run();
  for (int i = 0; i < 1000 && !asked.pool.idle(); ++i) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_TRUE(asked.pool.idle());
}

}  // namespace
}  // namespace assay::machine
