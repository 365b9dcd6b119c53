// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cache_lock.hpp"

#include <chrono>
#include <utility>

namespace assay::kernel {

Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter) {
  constexpr auto between_tries = std::chrono::milliseconds(200);
  // A cache may have been tidied up, or brought along with nothing but its builds.
  if (auto made = layout.prepare(); !made) {
    co_return made.error();
  }
  while (true) {
    auto lock = FileLock::try_acquire(layout.lock(name));
    if (!lock) {
      co_return lock.error();
    }
    if (*lock) {
      co_return std::move(**lock);
    }
    meter.step("waiting for another assay " + doing, 0);
    co_await pause_for(between_tries);
  }
}

}  // namespace assay::kernel
