// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/interrupt.hpp"
#include "finding/console.hpp"
#include "guest/guest_watch.hpp"
#include "guest/patience.hpp"
#include "link/session.hpp"
#include "machine/hypervisor.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace assay::guest {

/// Why there is no next message of an agent.
struct Trouble {
  enum class Kind : std::uint8_t {
    complaint,  ///< the kernel reported something, and may go on
    panic,      ///< it reported its end
    hang,       ///< it gives no sign of life
    gone,       ///< it powered off, its channel closed, or QEMU ended
    broken,     ///< the channel or the protocol failed us
    stopped,    ///< the user asked
  };
  Kind kind = Kind::broken;
  std::string why;                             ///< a line
  std::vector<finding::Report> findings = {};  ///< of the first three kinds, at least one
  std::string last_lines = {};                 ///< of the console, the latest twenty

  /// Whether the kernel misbehaved: that is a result, the rest is not.
  [[nodiscard]] bool is_finding() const { return kind <= Kind::hang; }
  /// Why, and the last lines.
  [[nodiscard]] std::string with_console() const;
};

/// A guest while it lives: what its agent says, and what is seen of it from outside. The one place that
/// decides that it is dead.
class LiveGuest {
 public:
  LiveGuest(machine::Guest& machine, GuestWatch& watch, link::AgentSession::Socket socket,
            Interrupt& interrupt, Patience patience);
  LiveGuest(const LiveGuest&) = delete;
  LiveGuest& operator=(const LiveGuest&) = delete;
  LiveGuest(LiveGuest&&) = delete;
  LiveGuest& operator=(LiveGuest&&) = delete;
  ~LiveGuest();

  /// The agent's first words.
  Task<std::variant<link::Hello, Trouble>> hello();

  /// A new order begins: limits and silence count anew.
  void begin_order();

  /// The next message; nothing after wake(), or after a second in which all is well.
  Task<std::variant<std::monostate, link::Message, Trouble>> next();

  /// What the kernel has reported, perhaps just before a message that was taken already. Only after an order:
  /// what the agent says meanwhile is not handed on.
  Task<std::optional<Trouble>> reported();

  /// A process of the last order does not end, though the agent killed it: a finding, with what it and all
  /// other tasks do.
  Task<Trouble> stuck(std::string_view who);

  /// The same for what the kernel itself found to stand still. Adds what all tasks do, when there is an agent
  /// to ask for it.
  Task<> show_tasks(Trouble& trouble);

  /// Titles of what looked on the console like reports, but was not written by the kernel; each once.
  [[nodiscard]] std::vector<std::string> take_rumours() { return std::exchange(rumours_, {}); }

  /// Asked when an order took longer than it may: a hang when the guest is silent, too. QEMU's sun4u is
  /// always busy, as its CPU has no instruction to wait with, so that next() has more patience with it than
  /// an order has time.
  Task<std::optional<Trouble>> overdue();

  /// Stops the guest, for a debugger to let it go on. Error: infrastructure.
  Task<Status> pause() { return machine_.pause(); }

  /// Makes next() return.
  void wake() { session_.wake(); }

  /// To send, and to hear what a dead guest had under way.
  [[nodiscard]] link::AgentSession& session() { return session_; }
  [[nodiscard]] const Patience& patience() const { return patience_; }

 private:
  /// Reports that the agent was asked about: whatever runs in the guest can print to its console.
  struct Doubt {
    std::vector<finding::Report> reports;
    std::uint64_t nonce = 0;
    Clock::time_point until;
  };

  [[nodiscard]] Trouble trouble(Trouble::Kind kind, std::string why) const;
  [[nodiscard]] Trouble told_by(std::vector<finding::Report> reports, bool lives) const;
  Task<std::optional<Trouble>> trouble_of(const link::Incoming& incoming);
  Task<> ask();
  std::optional<Trouble> resolve(const link::KernelLogAnswer& answer);
  std::optional<Trouble> believe();
  Task<std::optional<Trouble>> judge_silence();
  Task<Trouble> hang(Duration silent, bool idle);
  Task<Trouble> channel_closed();

  machine::Guest& machine_;
  GuestWatch& watch_;
  Interrupt& interrupt_;
  Patience patience_;
  link::AgentSession session_;
  Interrupt::Subscription subscription_;
  Clock::time_point heard_ = Clock::now();
  bool has_agent_ = false;  ///< it said hello
  std::optional<Doubt> doubt_;
  std::optional<Trouble> early_;  ///< a complaint while it booted, which did not end it
  std::uint64_t asked_ = 0;
  std::vector<std::string> rumours_;
};

}  // namespace assay::guest
