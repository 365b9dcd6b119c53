// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "trial/talk.hpp"

#include <optional>
#include <string>
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
  /// Waits for the next workload; nothing: the guest is no longer needed. Heeds the context's interrupt.
  virtual Task<std::optional<experiment::WorkloadRun>> next() = 0;
  /// How that workload ended. After a TalkEnd the guest goes and next() is not called again.
  virtual void on_trial(std::variant<TrialRecord, TalkEnd> end) = 0;
};

/// A guest that somebody keeps, and what it is on.
struct OpenGuest {
  machine::MachineSpec machine;  ///< with a decided accelerator
  machine::BootSpec boot;
};

/// Boots the guest and does what `orders` say until they end or the guest does; then it is gone. `job` names
/// the trials; the context's experiment says how long a workload may take and what is sampled, and may change
/// between two. Errors: boot, interrupted (before hello), infrastructure.
Task<Status> run_open_guest(RunContext& context, const GuestJob& job, OpenGuest guest, Orders& orders);

}  // namespace assay::trial
