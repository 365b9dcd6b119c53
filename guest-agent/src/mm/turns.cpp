// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/turns.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace assay::agent {
namespace {

std::array<UniqueFd, 2> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw_errno("open a pipe");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

Turns::Turns() : to_parent_(open_pipe()), to_child_(open_pipe()) {}

void Turns::hand_over() const {
  char byte = 0;
  if (::write(to_parent_[1].get(), &byte, 1) != 1 || ::read(to_child_[0].get(), &byte, 1) != 1) {
    throw std::runtime_error("the other process is gone");
  }
}

bool Turns::wait_for_turn() const {
  char byte = 0;
  return ::read(to_parent_[0].get(), &byte, 1) == 1;
}

void Turns::give_back() const {
  const char byte = 0;
  if (::write(to_child_[1].get(), &byte, 1) != 1) {
    throw_errno("give the turn back");
  }
}

void Turns::be_parent() {
  to_parent_[1].reset();
  to_child_[0].reset();
}

void Turns::be_child() {
  to_parent_[0].reset();
  to_child_[1].reset();
}

}  // namespace assay::agent
