// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/interrupt.hpp"

#include <utility>

namespace assay {

Interrupt::Subscription::Subscription(Interrupt& interrupt, Listener listener)
    : interrupt_(interrupt),
      place_(interrupt.listeners_.insert(interrupt.listeners_.end(), std::move(listener))) {
  if (interrupt_.requested_) {
    (*place_)();
  }
}

Interrupt::Subscription::~Subscription() { interrupt_.listeners_.erase(place_); }

void Interrupt::request() {
  if (std::exchange(requested_, true)) {
    return;
  }
  for (auto& listener : listeners_) {
    listener();
  }
}

Task<> Interrupt::wait() {
  asio::steady_timer forever(co_await asio::this_coro::executor, Clock::time_point::max());
  const Subscription subscription(*this, [&forever] { forever.cancel(); });
  if (!requested_) {
    co_await forever.async_wait(noexcept_awaitable);
  }
}

}  // namespace assay
