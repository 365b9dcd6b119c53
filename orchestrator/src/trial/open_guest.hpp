// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "guest/life.hpp"
#include "trial/talk.hpp"

#include <optional>
#include <variant>

namespace assay::trial {

/// Somebody who says what a guest does next while it lives. Calls come on the io_context's thread.
class Orders {
 public:
  Orders() = default;
  Orders(const Orders&) = delete;
  Orders& operator=(const Orders&) = delete;
  Orders(Orders&&) = delete;
  Orders& operator=(Orders&&) = delete;
  virtual ~Orders() = default;

  /// The agent has said hello.
  virtual void on_ready(const link::Hello& hello) = 0;
  /// Waits for the next workload; nothing: the guest is no longer needed. Heeds the interrupt.
  virtual Task<std::optional<Order>> next() = 0;
  /// How that workload ended. After a Trouble the guest goes and next() is not called again.
  virtual void on_trial(std::variant<TrialRecord, guest::Trouble> end) = 0;
};

/// Boots the guest and does what `orders` say until they end or the guest does; then it is gone. Their data
/// goes to `sink`, under keys of no variant but with their names. Errors: boot, interrupted (before hello),
/// infrastructure.
Task<Status> run_open_guest(machine::Hypervisor& hypervisor, guest::Spec spec, Interrupt& interrupt,
                            TrialSink& sink, Orders& orders);

}  // namespace assay::trial
