// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "link/wire_samples.hpp"
#include "machine/hypervisor.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace assay::trial::fake {

/// What the inside of a fake guest can do: a script plays kernel and agent with it. Every call that uses the
/// channel gives false (or nothing) when the far end is gone; a script then returns.
class Inside {
 public:
  Inside(machine::ChannelSocket socket, machine::BootSpec boot, unsigned number);

  Task<bool> hello();
  Task<bool> send(link::sample::Bytes payload);
  Task<bool> send_raw(link::sample::Bytes bytes);
  /// Waits for the next Start or RunProgram: its order number. The workload's name, or the program's last
  /// argument, is in workload().
  Task<std::optional<std::uint64_t>> order();
  /// Serves every order with this result until the channel closes, with a heartbeat before.
  Task<> serve(const link::sample::ResultWords& words);
  Task<> serve();  ///< everything passes
  /// Heartbeats, and answers to questions, for as long as anybody listens.
  Task<> live();
  /// Answers questions for as long; says nothing else.
  Task<> questions(Duration how_long);
  /// Prints to the console.
  void print(std::string_view text) const;
  /// Powers off, or dies: QEMU is gone.
  void end(std::string how);
  void hang_up();

  [[nodiscard]] const std::string& workload() const { return workload_; }
  /// Guests that were created before this one.
  [[nodiscard]] unsigned number() const { return number_; }
  [[nodiscard]] const std::optional<std::string>& ended() const { return ended_; }

  Duration vcpu_time{0};
  unsigned nmis = 0;
  /// Whether the kernel wrote what the host asks about.
  bool by_kernel = true;

 private:
  Task<> answer(const wire::KernelLogQuery& query);

  machine::ChannelSocket socket_;
  machine::BootSpec boot_;
  unsigned number_;
  std::uint32_t sequence_ = 0;
  wire::Decoder decoder_;
  std::string workload_;
  std::optional<std::string> ended_;
};

/// What a guest does from power-on. A plain coroutine function, or a lambda without captures.
using Script = std::function<Task<>(Inside&)>;

/// A guest without QEMU: a script at the far end of a socket pair. `gone` is called once at its end.
[[nodiscard]] std::unique_ptr<machine::Guest> create_guest(const asio::any_io_executor& executor,
                                                           machine::BootSpec boot, unsigned number,
                                                           Script script, std::function<void()> gone);

/// The real agent as a process of this host: `assay-agent --connect`.
[[nodiscard]] std::unique_ptr<machine::Guest> create_agent_guest(machine::BootSpec boot,
                                                                 std::function<void()> gone);

}  // namespace assay::trial::fake
