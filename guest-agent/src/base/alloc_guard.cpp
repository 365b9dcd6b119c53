// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/alloc_guard.hpp"

#include "base/console.hpp"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>

// The linker is told (--wrap) to send each call of malloc and its kin here, also those inside libstdc++
// and, in the static program, inside libc.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker chooses these names.
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void* __real_aligned_alloc(std::size_t alignment, std::size_t size);

void* __wrap_malloc(std::size_t size);
void* __wrap_calloc(std::size_t count, std::size_t size);
void* __wrap_realloc(void* block, std::size_t size);
void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size);
}

namespace assay::agent {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): malloc has no other way to know.
std::atomic<bool> forbidden{false};

void note_allocation() {
  if (forbidden.load(std::memory_order_relaxed)) {
    forbidden = false;
    say("the supervisor allocated memory after its start: this is a bug");
    if (getpid() != 1) {  // the end of PID 1 would look like a finding against the kernel
      std::abort();
    }
  }
}

}  // namespace

void forbid_allocation() { forbidden = true; }

}  // namespace assay::agent

void* __wrap_malloc(std::size_t size) {
  assay::agent::note_allocation();
  return __real_malloc(size);
}

void* __wrap_calloc(std::size_t count, std::size_t size) {
  assay::agent::note_allocation();
  return __real_calloc(count, size);
}

void* __wrap_realloc(void* block, std::size_t size) {
  assay::agent::note_allocation();
  return __real_realloc(block, size);
}

void* __wrap_aligned_alloc(std::size_t alignment, std::size_t size) {
  assay::agent::note_allocation();
  return __real_aligned_alloc(alignment, size);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
