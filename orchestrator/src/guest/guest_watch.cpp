// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/guest_watch.hpp"

#include <utility>

namespace assay::guest {
namespace {

/// Keeps a watcher from ending before the work that it watches does.
Task<> until_cancelled() {
  asio::steady_timer forever(co_await asio::this_coro::executor, Clock::time_point::max());
  co_await forever.async_wait(noexcept_awaitable);
}

}  // namespace

void GuestWatch::wake() {
  if (session_ != nullptr) {
    session_->wake();
  }
  if (waiter_ != nullptr) {
    waiter_->cancel();
  }
}

Task<> GuestWatch::wait_for_news(Duration limit) {
  if (ended_ || reported()) {
    co_return;
  }
  asio::steady_timer waiter(co_await asio::this_coro::executor, limit);
  waiter_ = &waiter;
  co_await waiter.async_wait(noexcept_awaitable);
  waiter_ = nullptr;
}

bool GuestWatch::reported() {
  parser_.feed(follower_.now());
  return parser_.has_report();
}

Task<> GuestWatch::watch_console() {
  while (true) {
    const auto text = co_await follower_.more();
    if (text.empty()) {
      co_await until_cancelled();
      co_return;
    }
    parser_.feed(text);
    if (parser_.has_report()) {
      wake();
    }
  }
}

Task<> GuestWatch::watch_end() {
  auto end = co_await guest_.wait_end();
  ended_ = end ? *end : end.error().text();
  wake();
  co_await until_cancelled();
}

Task<std::vector<finding::Report>> GuestWatch::collect(Duration patience) {
  const auto until = Clock::now() + patience;
  auto seen = parser_.lines_seen();
  // A report that has ended is waited for while the console goes on: an oops may cause a panic, which is part
  // of it.
  for (bool more = reported(); more && parser_.may_go_on() && Clock::now() < until && !ended_;) {
    co_await pause_for(std::chrono::milliseconds(50));
    more = reported() && (parser_.inside_report() || parser_.lines_seen() != seen);
    seen = parser_.lines_seen();
  }
  parser_.close_report();
  std::vector<finding::Report> reports;
  while (auto report = parser_.take()) {
    reports.push_back(std::move(*report));
  }
  co_return reports;
}

}  // namespace assay::guest
