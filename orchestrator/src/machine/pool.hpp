// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace assay::machine {

/// Runs `call` (which blocks, and returns a Result) on the pool and gives what it returned, or an
/// infrastructure error when it takes longer than `limit`. A call that overruns goes on by itself: it must
/// own what it uses.
template <class Call>
auto on_pool(asio::thread_pool& pool, Duration limit, std::string what, Call call)
    -> Task<std::invoke_result_t<Call&>> {
  using Answer = std::invoke_result_t<Call&>;
  struct Shared {
    explicit Shared(const asio::any_io_executor& executor) : done(executor) {}
    asio::steady_timer done;
    std::optional<Answer> answer;  // written and read on the io_context's thread only
  };
  const auto executor = co_await asio::this_coro::executor;
  auto shared = std::make_shared<Shared>(executor);
  shared->done.expires_after(limit);
  asio::post(pool, [shared, executor, call = std::move(call)]() mutable {
    auto answer = std::make_shared<Answer>(call());
    asio::post(executor, [shared, answer] {
      shared->answer = std::move(*answer);
      shared->done.cancel();
    });
  });
  co_await shared->done.async_wait(noexcept_awaitable);
  if (shared->answer) {
    co_return std::move(*shared->answer);
  }
  co_return fail(Failure::infrastructure, "{}: libvirt did not answer within {}", what, human(limit));
}

}  // namespace assay::machine
