// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "guest/live_guest.hpp"
#include "guest/spec.hpp"
#include "machine/hypervisor.hpp"

#include <optional>

namespace assay::guest {

/// Somebody who wants something of a guest. Calls come on the io_context's thread.
class Visitor {
 public:
  enum class Phase : std::uint8_t { creating, booting, ending };

  Visitor() = default;
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  Visitor(Visitor&&) = delete;
  Visitor& operator=(Visitor&&) = delete;
  virtual ~Visitor() = default;

  virtual void on_phase(Phase /*phase*/) {}
  /// The agent has said hello. When this returns, or throws, the guest ends.
  virtual Task<> visit(LiveGuest& guest, const link::Hello& hello) = 0;
};

/// How a guest's life went, but for what its visitor made of it.
struct LifeEnd {
  Status ours = {};                      ///< infrastructure: there was no guest, or the visitor threw
  std::optional<Trouble> no_hello = {};  ///< there was a guest, and it came to nothing
  Status destroyed = {};                 ///< infrastructure

  /// All of it as one error: boot, interrupted (before hello), infrastructure.
  [[nodiscard]] Status status() const;
};

/// A guest from birth to end: boots it, watches it, lets the visitor have it, ends it. It is gone when this
/// returns. Heeds the interrupt before hello; later the visitor does, by the guest's Trouble.
Task<LifeEnd> live(machine::Hypervisor& hypervisor, Spec spec, Interrupt& interrupt, Patience patience,
                   Visitor& visitor);

}  // namespace assay::guest
