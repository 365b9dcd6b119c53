// SPDX-License-Identifier: GPL-2.0-or-later
/// A small program that stands for a kernel: tests look up places in it. Their lines are part of the tests.
#include <cstdint>

extern "C" {

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): something that the compiler must not know
volatile std::uint64_t sink;

[[gnu::noinline]] void leaf_call(std::uint64_t value) {
  sink = value * 3;  // LEAF
}

[[gnu::always_inline]] static inline void inlined_twice(std::uint64_t value) {
  if (sink != value) {
    leaf_call(value);
  }
}

[[gnu::noinline]] void first_user(std::uint64_t value) {
  inlined_twice(value + 1);
  // ONLY A COMMENT
  sink = value;  // AFTER
}

[[gnu::noinline]] void second_user(std::uint64_t value) {
  inlined_twice(value + 2);
  leaf_call(value);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

#ifdef PROBED_NEVER
void never_built() {}
#endif
}

int main() {
  first_user(sink);
  second_user(sink);
}
