// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "workloads/all.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace assay::agent::workloads {
namespace {

void loop(Context& context) {
  const std::int64_t calls = context.number("calls");
  std::atomic<std::int64_t> failures{0};
  std::vector<std::jthread> threads(static_cast<std::size_t>(context.number("threads")));
  std::barrier<> start(static_cast<std::ptrdiff_t>(threads.size()) + 1);
  for (auto& thread : threads) {
    thread = std::jthread([&] {
      start.arrive_and_wait();
      for (std::int64_t i = 0; i < calls; ++i) {
        failures += ::syscall(SYS_getsid, 0) < 0 ? 1 : 0;
      }
    });
  }
  context.begin_measurement();
  start.arrive_and_wait();
  const auto count = static_cast<std::int64_t>(threads.size());
  threads.clear();
  context.end_measurement();
  context.counter("calls", calls * count);
  context.check("answered", failures == 0, std::to_string(failures) + " calls failed");
}

/// Which of the two calls of a round came back first.
class CallRace {
 public:
  explicit CallRace(Context& context)
      : context_(context),
        rounds_(context.number("rounds")),
        gap_(static_cast<std::uint64_t>(context.number("gap"))) {}

  void operator()() {
    context_.begin_measurement();
    std::int64_t late = 0;
    {
      const std::jthread second([this] {
        for (std::int64_t round = 0; round < rounds_; ++round) {
          start_.arrive_and_wait();
          const auto until = monotonic_ns() + gap_;
          while (monotonic_ns() < until) {
          }
          (void)::syscall(SYS_getpgid, 0);
          second_back_ = true;
          end_.arrive_and_wait();
        }
      });
      for (std::int64_t round = 0; round < rounds_; ++round) {
        second_back_ = false;
        start_.arrive_and_wait();
        (void)::syscall(SYS_getsid, 0);
        late += second_back_ ? 1 : 0;
        end_.arrive_and_wait();
      }
    }
    context_.end_measurement();
    context_.counter("rounds", rounds_);
    context_.counter("getsid_last", late);
  }

 private:
  Context& context_;
  std::int64_t rounds_;
  std::uint64_t gap_;
  std::barrier<> start_{2};
  std::barrier<> end_{2};
  std::atomic<bool> second_back_{false};
};

}  // namespace

Workload syscall_loop() {
  return {.name = "syscall.loop",
          .summary = "Calls getsid() so many times: what is counted in the kernel can be compared with that.",
          .parameters = {{.name = "calls",
                          .unit = "calls",
                          .default_value = "1000",
                          .min = 1,
                          .max = 100'000'000,
                          .help = "of each thread"},
                         {.name = "threads",
                          .unit = "threads",
                          .default_value = "1",
                          .min = 1,
                          .max = 64,
                          .help = "threads that call"}},
          .counters = {{.name = "calls", .unit = "calls", .help = "of all threads"}},
          .checks = {{.name = "answered", .help = "no call failed"}},
          .run = loop};
}

Workload syscall_race() {
  return {
      .name = "syscall.race",
      .summary =
          "One thread calls getsid(), another calls getpgid() a moment later: one of them comes back first.",
      .parameters = {{.name = "rounds",
                      .unit = "rounds",
                      .default_value = "20",
                      .min = 1,
                      .max = 1'000'000,
                      .help = "how often"},
                     {.name = "gap",
                      .type = ParameterType::duration,
                      .unit = "ns",
                      .default_value = "5ms",
                      .min = 0,
                      .max = 10'000'000'000,
                      .help = "how much later getpgid() is called"}},
      .counters = {{.name = "rounds", .unit = "rounds", .help = "as asked for"},
                   {.name = "getsid_last",
                    .unit = "rounds",
                    .help = "rounds in which getsid() came back after getpgid()"}},
      .checks = {},
      .run = [](Context& context) { CallRace{context}(); }};
}

}  // namespace assay::agent::workloads
