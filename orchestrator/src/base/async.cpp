// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/async.hpp"

namespace assay {

Task<> pause_for(Duration time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(noexcept_awaitable);
}

}  // namespace assay
