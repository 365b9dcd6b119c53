// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/lockdown.hpp"

#include "base/console.hpp"
#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace assay::agent {
namespace {

/// The supervisor's deepest call uses about 20 KiB.
[[gnu::noinline]] void touch_stack() {
  std::array<char, std::size_t{128} << 10U> room{};
  auto* bytes = static_cast<volatile char*>(room.data());
  for (std::size_t at = 0; at < room.size(); at += 1024) {
    bytes[at] = 0;
  }
}

}  // namespace

void lock_down(bool must) {
  touch_stack();
  // Unlimited as root; the limit is a few megabytes for others, and then MCL_FUTURE would make mappings fail.
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0 && must) {
    say_error("cannot lock the supervisor in memory", errno);
  }
  const UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if ((!fd || ::write(fd.get(), "-1000", 5) != 5) && must) {
    say_error("cannot exempt the supervisor from the OOM killer", errno);
  }
}

}  // namespace assay::agent
