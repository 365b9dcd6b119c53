// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <boost/asio/any_io_executor.hpp>

namespace assay::machine {

/// Gives libvirt the program's io_context as its event loop (virEventRegisterImpl). libvirt knows one loop
/// per process: the first call decides; later calls only move new handles and timers to `executor`. Handles
/// and timers may be added, changed and removed on any thread and inside callbacks; callbacks run on the
/// executor.
void use_for_libvirt(const boost::asio::any_io_executor& executor);

/// Lets go of the executor before its io_context dies: pending waits are dropped.
void forget_libvirt_events();

}  // namespace assay::machine
