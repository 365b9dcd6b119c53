// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "workloads/all.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace assay::agent::workloads {
namespace {

void exhaust(Context& context) {
  const auto step = static_cast<std::size_t>(context.number("step"));
  const auto limit = static_cast<std::size_t>(context.number("limit"));
  Random random = context.random();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::size_t taken = 0;
  context.event("exhaust.begin", "allocating until the kernel says no");
  context.begin_measurement();
  while (limit == 0 || taken < limit) {
    void* block = ::mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) {
      break;
    }
    auto* bytes = static_cast<std::byte*>(block);
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= step; at += page) {
      const std::uint64_t word = random.next();  // not the same page twice: KSM and zswap would fold them
      std::memcpy(bytes + at, &word, sizeof word);
    }
    taken += step;
  }
  context.end_measurement();
  context.counter("allocated", static_cast<std::int64_t>(taken));
}

}  // namespace

Workload memory_exhaust() {
  return {.name = "memory.exhaust",
          .summary = "Takes and touches memory until the OOM killer ends it: the channel must stay alive.",
          .parameters = {{.name = "step",
                          .type = ParameterType::size,
                          .unit = "bytes",
                          .default_value = "1M",
                          .min = 64LL << 10U,
                          .max = 1LL << 30U,
                          .help = "bytes taken and touched at a time"},
                         {.name = "limit",
                          .type = ParameterType::size,
                          .unit = "bytes",
                          .default_value = "0",
                          .help = "stop after so many bytes; 0 goes on until killed"}},
          .counters = {{.name = "allocated", .unit = "bytes", .help = "memory taken and touched"}},
          .checks = {},
          .run = exhaust};
}

}  // namespace assay::agent::workloads
