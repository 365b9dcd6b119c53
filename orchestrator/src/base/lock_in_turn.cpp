// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/lock_in_turn.hpp"

#include <chrono>
#include <utility>

namespace assay {

Task<Result<FileLock>> lock_in_turn(fs::path path, std::function<void()> on_wait) {
  constexpr auto between_tries = std::chrono::milliseconds(200);
  while (true) {
    auto lock = FileLock::try_acquire(path);
    if (!lock) {
      co_return lock.error();
    }
    if (*lock) {
      co_return std::move(**lock);
    }
    on_wait();
    co_await pause_for(between_tries);
  }
}

}  // namespace assay
