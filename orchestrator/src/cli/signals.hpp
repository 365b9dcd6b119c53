// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/verb.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace assay::cli {

/// The signals that ask to stop (Ctrl-C, Ctrl-\, SIGTERM, and all others by which a process ends that does
/// not hear them). They are heard from the constructor on: make it before anything begins that must end in
/// order.
class StopSignals {
 public:
  explicit StopSignals(asio::io_context& io);

  /// Passes the first on where there is something to end in order; the second ends the program at once, as
  /// the first does elsewhere. `globals` must outlive it.
  Task<> hear(Globals& globals);

 private:
  asio::signal_set signals_;
};

}  // namespace assay::cli
