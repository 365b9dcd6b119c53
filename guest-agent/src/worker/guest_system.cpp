// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/guest_system.hpp"

#include "base/clock.hpp"
#include "base/unique_fd.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

namespace assay::agent {
namespace {

/// In a second, with precedence.
constexpr unsigned most_pieces = 100;

/// The only network that a guest has: programs talk to themselves over it. A kernel may have none.
void raise_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string_view("lo").copy(static_cast<char*>(request.ifr_name), sizeof(request.ifr_name) - 1);
  if (socket && ::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0) {
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    ::ioctl(socket.get(), SIOCSIFFLAGS, &request);
  }
}

}  // namespace

bool is_in_guest() {
  std::array<char, 16> init{};
  return ::geteuid() == 0 && ::getppid() == 1 && ::readlink("/proc/1/exe", init.data(), init.size()) == 5 &&
         std::string_view(init.data()) == "/init";
}

void furnish_guest() {
  if (!is_in_guest() || ::access("/dev/fd", F_OK) == 0) {
    return;
  }
  ::mkdir("/dev/pts", 0755);
  ::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666");
  ::mkdir("/dev/shm", 01777);
  ::mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  ::mkdir("/root", 0700);
  constexpr std::array<std::pair<const char*, const char*>, 4> links{{{"/proc/self/fd", "/dev/fd"},
                                                                      {"/proc/self/fd/0", "/dev/stdin"},
                                                                      {"/proc/self/fd/1", "/dev/stdout"},
                                                                      {"/proc/self/fd/2", "/dev/stderr"}}};
  for (const auto& [target, link] : links) {
    [[maybe_unused]] const int made = ::symlink(target, link);
  }
  raise_loopback();
}

void take_precedence(pid_t pid, Rank rank) {
  sched_param parameter{};
  parameter.sched_priority = static_cast<int>(rank);
  const int policy = rank == Rank::ordinary ? SCHED_OTHER : SCHED_FIFO | SCHED_RESET_ON_FORK;
  [[maybe_unused]] const int done = ::sched_setscheduler(pid, policy, &parameter);
}

Precedence::Precedence() { set(true); }

Precedence::~Precedence() { set(false); }

void Precedence::set(bool first) {
  if (is_in_guest()) {
    take_precedence(1, first ? Rank::supervisor : Rank::ordinary);
    take_precedence(0, first ? Rank::worker : Rank::ordinary);
  }
}

void Precedence::note_output() {
  if (++pieces_ == most_pieces) {
    set(false);
  }
}

int Precedence::renew() {
  const std::uint64_t now = monotonic_ns();
  if (now - second_ns_ >= ns_per_s) {
    if (pieces_ >= most_pieces) {
      set(true);
    }
    second_ns_ = now;
    pieces_ = 0;
  }
  return static_cast<int>((second_ns_ + ns_per_s - now) / ns_per_ms + 1);
}

}  // namespace assay::agent
