// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cache_lock.hpp"

#include "base/lock_in_turn.hpp"

#include <functional>
#include <utility>

namespace assay::kernel {

Task<Result<FileLock>> lock_in_turn(CacheLayout layout, std::string name, std::string doing,
                                    ProgressMeter& meter) {
  // A cache may have been tidied up, or brought along with nothing but its builds.
  if (auto made = layout.prepare(); !made) {
    co_return made.error();
  }
  std::function<void()> say = [&meter, &doing] { meter.step("waiting for another assay " + doing, 0); };
  co_return co_await assay::lock_in_turn(layout.lock(name), std::move(say));
}

}  // namespace assay::kernel
