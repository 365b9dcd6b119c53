// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/follower.hpp"
#include "finding/console.hpp"
#include "link/session.hpp"
#include "machine/hypervisor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::guest {

/// Watches a guest from outside while somebody talks to its agent: console text into reports, the end of
/// QEMU. Whatever it sees wakes the session, so that the talk is interrupted at once.
class GuestWatch {
 public:
  GuestWatch(machine::Guest& guest, Follower follower) : guest_(guest), follower_(std::move(follower)) {}

  /// From now on this session is woken; null again before it is destroyed.
  void attach(link::AgentSession* session) { session_ = session; }

  /// Runs until cancelled.
  Task<> watch_console();
  Task<> watch_end();

  /// Lets a report that has begun come to its end, then gives everything that was reported.
  Task<std::vector<finding::Report>> collect(Duration patience);

  /// Reads what is on the console right now; true when it holds a report, whole or begun.
  bool reported();

  /// Returns when the guest has ended or reported something, and after `limit`.
  Task<> wait_for_news(Duration limit);

  /// How the guest ended by itself, for people; nothing while it lives.
  [[nodiscard]] const std::optional<std::string>& ended() const { return ended_; }
  /// Lines of the console so far.
  [[nodiscard]] std::uint64_t lines_seen() const { return parser_.lines_seen(); }
  [[nodiscard]] std::string last_lines(std::size_t count) const { return parser_.last_lines(count); }

 private:
  void wake();

  machine::Guest& guest_;
  Follower follower_;
  finding::ConsoleParser parser_;
  link::AgentSession* session_ = nullptr;
  asio::steady_timer* waiter_ = nullptr;  ///< of wait_for_news()
  std::optional<std::string> ended_;
};

}  // namespace assay::guest
