// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/arena.hpp"

#include "base/console.hpp"

#include <cstdlib>

namespace assay::agent {

Arena::Arena(std::size_t size)
    : size_(size),
      block_(std::make_unique_for_overwrite<std::uint64_t[]>(size / sizeof(std::uint64_t) + 1)) {}

std::uint8_t* Arena::allocate(std::size_t size) {
  if (size > size_) {
    say("a message outgrew its arena");
    std::abort();
  }
  return reinterpret_cast<std::uint8_t*>(block_.get());
}

void Arena::deallocate(std::uint8_t* /*block*/, std::size_t /*size*/) {}

std::uint8_t* Arena::reallocate_downward(std::uint8_t* /*old*/, std::size_t /*old_size*/,
                                         std::size_t /*new_size*/, std::size_t /*in_use_back*/,
                                         std::size_t /*in_use_front*/) {
  say("a message outgrew its arena");
  std::abort();
}

}  // namespace assay::agent
