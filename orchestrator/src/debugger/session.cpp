// SPDX-License-Identifier: GPL-2.0-or-later
#include "debugger/session.hpp"

#include "base/foreground.hpp"

#include <utility>

namespace assay::debugger {

void Session::start() {
  started_ = true;
  known_.request();
}

void Session::no_guest() { known_.request(); }

Status Session::begin() {
  begun_ = true;
  start();
  return {};
}

/// Who is not asked any more is not there yet: a boot, files on their way.
void Session::leave() {
  left_ = true;
  if (!begun_) {
    end_guest_.request();
  } else if (wake_) {
    wake_();
  }
}

Task<Result<std::optional<ProcessEnd>>> Session::run(Interrupt& stop) {
  using namespace asio::experimental::awaitable_operators;
  co_await (known_.wait() || stop.wait());
  if (!started_) {
    leave();
    co_return std::optional<ProcessEnd>();
  }
  if (options_.on_start) {
    options_.on_start();
  }
  auto end = co_await run_in_foreground(std::move(options_.command), stop);
  leave();
  if (!end) {
    co_return end.error();
  }
  co_return std::optional<ProcessEnd>(*end);
}

}  // namespace assay::debugger
