// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace assay::machine {

/// The threads on which libvirt's blocking calls run.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_(threads) {}

  template <class Work>
  void run(Work work) {
    ++running_;
    asio::post(threads_, [this, work = std::move(work)]() mutable {
      work();
      --running_;
    });
  }
  /// Whether no call runs or waits to run: then destruction, which joins the threads, is quick.
  [[nodiscard]] bool idle() const { return running_ == 0; }

 private:
  std::atomic<int> running_ = 0;
  asio::thread_pool threads_;
};

/// Stands between a pool thread and the io_context: closed, the latter may be gone and nothing passes.
class Gate {
 public:
  template <class Work>
  void pass(Work work) {
    const std::lock_guard lock(mutex_);
    if (open_) {
      work();
    }
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  // NOLINTNEXTLINE(cppcoreguidelines-special-member-functions): never leaves its scope
  struct CloseAtEnd {
    Gate& gate;
    ~CloseAtEnd() { gate.close(); }
  };

 private:
  std::mutex mutex_;
  bool open_ = true;
};

/// A call that takes longer is worth a line in the log.
constexpr auto slow_call = std::chrono::seconds(1);

/// Runs `call` (which blocks, and returns a Result) on the pool and gives what it returned, or an
/// infrastructure error when it takes longer than `limit`; cancelled, the error is of kind interrupted. A
/// call that is given up goes on by itself: it must own what it uses, and what it returns is dropped.
template <class Call>
auto on_pool(Pool& pool, Duration limit, std::string what, Call call) -> Task<std::invoke_result_t<Call&>> {
  using Answer = std::invoke_result_t<Call&>;
  struct Waiting {
    explicit Waiting(const asio::any_io_executor& executor) : done(executor) {}
    asio::steady_timer done;
    std::optional<Answer> answer;
  };
  const auto executor = co_await asio::this_coro::executor;
  // Shared with what the pool's thread posts to the io_context, and touched on the latter's thread only.
  auto waiting = std::make_shared<Waiting>(executor);
  const auto gate = std::make_shared<Gate>();
  const Gate::CloseAtEnd close{*gate};
  const auto began = Clock::now();
  waiting->done.expires_after(limit);
  pool.run([weak = std::weak_ptr(waiting), gate, executor, call = std::move(call)]() mutable {
    auto answer = std::make_shared<Answer>(call());
    gate->pass([&] {
      asio::post(executor, [weak, answer] {
        if (const auto still = weak.lock()) {
          still->answer = std::move(*answer);
          still->done.cancel();
        }
      });
    });
  });
  co_await waiting->done.async_wait(noexcept_awaitable);
  if (const auto took = Clock::now() - began; took >= slow_call) {
    log_event("libvirt: {} took {}{}", what, human(took), waiting->answer ? "" : ", without an answer");
  }
  if (waiting->answer) {
    co_return std::move(*waiting->answer);
  }
  if (Clock::now() < waiting->done.expiry()) {
    co_return fail(Failure::interrupted, "{} was interrupted", what);
  }
  co_return fail(Failure::infrastructure, "{}: libvirt did not answer within {}", what, human(limit));
}

}  // namespace assay::machine
