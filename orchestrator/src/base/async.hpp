// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>
#include <utility>

namespace assay {

namespace asio = boost::asio;

/// A coroutine on the program's one io_context.
template <class T = void>
using Task = asio::awaitable<T>;

/// Completion token that reports errors as a value: `auto [error, n] = co_await s.async_x(...,
/// noexcept_awaitable)`.
inline constexpr auto noexcept_awaitable = asio::as_tuple(asio::use_awaitable);

/// `work`, or the infrastructure error "<what>: no answer within <limit>". The work is cancelled and
/// waited for, so it must honour cancellation (asio operations do; blocking calls do not).
template <class T>
Task<Result<T>> with_deadline(Duration limit, std::string what, Task<Result<T>> work) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  auto first = co_await (std::move(work) || timer.async_wait(noexcept_awaitable));
  if (first.index() == 0) {
    co_return std::get<0>(std::move(first));
  }
  co_return fail(Failure::infrastructure, "{}: no answer within {}", what, human(limit));
}

/// Suspends for `time`; returns early, without an error, when cancelled.
Task<> pause_for(Duration time);

}  // namespace assay
