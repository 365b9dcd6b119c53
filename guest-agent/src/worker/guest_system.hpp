// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace assay::agent {

/// Whether PID 1 is the agent: what is done to the system then is done to a guest, never to somebody's
/// machine.
[[nodiscard]] bool is_in_guest();

/// What programs expect of a system and a workload does not: /dev/pts, /dev/shm, /dev/fd, loopback and the
/// like. Does nothing unless this is a guest; what cannot be made is left out.
void furnish_guest();

/// Who goes before all ordinary processes, and before whom: the supervisor sends on what the worker hands it,
/// and the gate (output_gate.hpp) waits for both.
enum class Rank : std::uint8_t { ordinary, gate, worker, supervisor };
/// 0 is who asks. What it starts is ordinary. One that stays as it was is only slower.
void take_precedence(pid_t pid, Rank rank);

/// While it lives, supervisor and worker of a guest go before all else: what a program wrote is on its way to
/// the host before the program does the next thing, which may be the end of the kernel. A program that writes
/// much is not held up for each piece: after many in a second they go on as ordinary processes until the next
/// one.
class Precedence {
 public:
  Precedence();
  Precedence(const Precedence&) = delete;
  Precedence& operator=(const Precedence&) = delete;
  Precedence(Precedence&&) = delete;
  Precedence& operator=(Precedence&&) = delete;
  ~Precedence();

  /// One piece of output was passed on.
  void note_output();
  /// Begins the next second when it has come. To be called again after so many milliseconds.
  [[nodiscard]] int renew();

 private:
  static void set(bool first);

  std::uint64_t second_ns_ = 0;  ///< when the current one began
  unsigned pieces_ = 0;          ///< in it
};

}  // namespace assay::agent
