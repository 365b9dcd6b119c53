// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <utility>
#include <variant>

namespace assay::machine {

/// Runs until cancelled. libvirt takes a zombie for a living process and waits 40 s for it to go
/// (virProcessKillPainfullyDelay() in src/util/virprocess.c, 9.0: kill(pid, 0) each 200 ms), and this
/// process, the subreaper, is its parent: that of a QEMU which died early, and that of each QEMU that libvirt
/// starts to learn what the binary can do.
Task<> reap_dead_daemons();

/// `work`, with dead QEMUs reaped meanwhile.
template <class T>
Task<Result<T>> while_reaping(Task<Result<T>> work) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (std::move(work) || reap_dead_daemons());
  if (first.index() != 0) {
    co_return fail(Failure::interrupted, "a call of libvirt was interrupted");
  }
  co_return std::get<0>(std::move(first));
}

}  // namespace assay::machine
