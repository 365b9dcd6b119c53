// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/interrupt.hpp"

#include "running.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

using namespace std::chrono_literals;

TEST(Interrupt, IsHeardOnceByEachSubscriber) {
  Interrupt interrupt;
  int first = 0;
  int second = 0;
  const Interrupt::Subscription one(interrupt, [&first] { ++first; });
  const Interrupt::Subscription two(interrupt, [&second] { ++second; });
  EXPECT_FALSE(interrupt.requested());
  interrupt.request();
  interrupt.request();
  EXPECT_TRUE(interrupt.requested());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(Interrupt, IsHeardByWhoComesLate) {
  Interrupt interrupt;
  interrupt.request();
  int heard = 0;
  const Interrupt::Subscription late(interrupt, [&heard] { ++heard; });
  EXPECT_EQ(heard, 1);
}

TEST(Interrupt, IsNotHeardAfterTheSubscriptionEnds) {
  Interrupt interrupt;
  int heard = 0;
  {
    const Interrupt::Subscription brief(interrupt, [&heard] { ++heard; });
  }
  interrupt.request();
  EXPECT_EQ(heard, 0);
}

Task<bool> waited(Interrupt& interrupt) {
  co_await interrupt.wait();
  co_return interrupt.requested();
}

TEST(Interrupt, EndsAWait) {
  asio::io_context io;
  Interrupt interrupt;
  asio::steady_timer timer(io, 20ms);
  timer.async_wait([&interrupt](auto) { interrupt.request(); });
  EXPECT_TRUE(run_on(io, waited(interrupt)));
  EXPECT_TRUE(run_on(io, waited(interrupt))) << "asked already: returns at once";
}

Task<bool> given_up(Interrupt& interrupt) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
  const auto first = co_await (interrupt.wait() || timer.async_wait(noexcept_awaitable));
  co_return first.index() == 1;
}

TEST(Interrupt, AWaitCanBeCancelled) {
  asio::io_context io;
  Interrupt interrupt;
  EXPECT_TRUE(run_on(io, given_up(interrupt)));
  interrupt.request();  // nobody is left to hear it
  EXPECT_TRUE(interrupt.requested());
}

}  // namespace
}  // namespace assay
