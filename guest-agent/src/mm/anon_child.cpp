// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/anon_child.hpp"

#include "contract/context.hpp"
#include "mm/pagemap.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

namespace assay::agent {

Mapping map_shared(std::size_t size) {
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("map shared memory");
  }
  return {at, size};
}

pid_t fork_or_throw() {
  const pid_t child = ::fork();
  if (child < 0) {
    throw_errno("fork");
  }
  return child;
}

void wait_for_end(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error("a child of fork() failed");
  }
}

void end_child(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

SleepingChild::SleepingChild() : pid_(fork_or_throw()) {
  while (pid_ == 0) {
    ::pause();
  }
}

SleepingChild::~SleepingChild() { end_child(pid_); }

MarkerChild::MarkerChild(const AnonArea& area, const FrameFlags& flags, unsigned marker)
    : memory_(map_shared(sizeof(Shared))) {
  new (memory_.data()) Shared;
  pid_ = fork_or_throw();
  if (pid_ == 0) {
    be_child(area, flags, marker);
  }
  turns_.be_parent();
  if (!turns_.wait_for_turn()) {
    throw std::runtime_error("a child of fork() ended early");
  }
}

MarkerChild::~MarkerChild() {
  if (pid_ > 0) {
    end_child(pid_);
  }
}

void MarkerChild::write() {
  turns_.give_back();
  wait_for_end(std::exchange(pid_, -1));
}

MarkerChild::Shared& MarkerChild::shared() const {
  return *std::launder(reinterpret_cast<Shared*>(memory_.data()));
}

void MarkerChild::be_child(const AnonArea& area, const FrameFlags& flags, unsigned marker) {
  try {
    turns_.be_child();
    shared().marked = flags.count(frames_under(area.bytes()), marker);
    turns_.hand_over();
    const auto before = frames_under(area.bytes());
    for (std::size_t index = 0; index < area.pages(); ++index) {
      if (before.at(index) != no_frame) {
        area.write(index, 4);
      }
    }
    const auto after = frames_under(area.bytes());
    for (std::size_t index = 0; index < area.pages(); ++index) {
      shared().in_place += before.at(index) != no_frame && before.at(index) == after.at(index) ? 1 : 0;
    }
    shared().marked_written = flags.count(after, marker);
  } catch (const std::exception&) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace assay::agent
