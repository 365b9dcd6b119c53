// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "mm/kernel_files.hpp"
#include "mm/mapping.hpp"
#include "mm/ram_swap.hpp"
#include "workloads/all.hpp"
#include "workloads/seal/huge_files.hpp"
#include "workloads/seal/seal_round.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr std::int64_t ns_per_us = 1'000;

SealPlan seal_plan_of(const Context& context) {
  const SealPlan plan{.pages = static_cast<std::size_t>(context.number("pages")),
                      .pinned = static_cast<std::size_t>(context.number("pinned")),
                      .pin = context.choice("pin"),
                      .release = static_cast<std::uint64_t>(context.number("release")),
                      .writer = context.flag("writer"),
                      .mapper = context.flag("mapper"),
                      .mlock = context.flag("mlock"),
                      .fallocated = context.flag("fallocated"),
                      .hugetlb = context.flag("hugetlb"),
                      .elsewhere = context.flag("elsewhere"),
                      .memory = context.choice("memory"),
                      .swap_out = context.choice("swap_out"),
                      .seed = context.seed()};
  if (plan.pinned > plan.pages) {
    throw Refusal("parameter \"pinned\" is more than \"pages\"");
  }
  if (plan.fallocated && (plan.pin != "none" || plan.mapper || plan.mlock || plan.swap_out != "none")) {
    throw Refusal("parameter \"fallocated\" needs pin=none, and nothing else that reads the file");
  }
  if (plan.hugetlb && (plan.fallocated || plan.mlock || plan.swap_out != "none" || plan.memory == "no-huge" ||
                       (plan.pin != "none" && plan.pin != "ring"))) {
    throw Refusal(
        "parameter \"hugetlb\" goes with pin=none and pin=ring, and with none of fallocated, mlock, "
        "swap_out and memory=no-huge");
  }
  if (plan.writer && (plan.pin != "ring" || plan.pinned == 0 || plan.release != 0 || plan.mapper)) {
    throw Refusal("parameter \"writer\" needs pins that can write, pin=ring, and neither release nor mapper");
  }
  return plan;
}

/// Leaves memory that is not zero to whoever allocates next.
void dirty_free_memory() {
  constexpr std::size_t size = std::size_t{32} << 20U;
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    throw_errno("take memory");
  }
  const Mapping map(at, size);
  std::ranges::fill(map.bytes(), std::byte{0xa5});
}

void report_references(Context& context, const SealTally& sum) {
  context.counter("pins_seen", sum.pins_seen);
  context.counter("released_us", static_cast<std::int64_t>(sum.released_ns) / ns_per_us);
  context.counter("relay_turns", sum.relay_turns);
  context.counter("relay_longest_us", static_cast<std::int64_t>(sum.relay_longest_ns) / ns_per_us);
}

void report_calls(Context& context, const SealTally& sum, std::vector<std::uint64_t> calls) {
  std::ranges::sort(calls);
  const auto in_us = [](std::uint64_t ns) { return static_cast<std::int64_t>(ns) / ns_per_us; };
  context.counter("files", static_cast<std::int64_t>(calls.size()));
  context.counter("sealed", sum.sealed);
  context.counter("busy", sum.busy);
  context.counter("no_memory", sum.no_memory);
  context.counter("seal_us", in_us(calls[calls.size() / 2]));
  context.counter("seal_us_min", in_us(calls.front()));
  context.counter("seal_us_max", in_us(calls.back()));
  context.check("errno", sum.other_errors == 0,
                std::to_string(sum.other_errors) + " calls failed with an error that was not expected");
}

void report_content(Context& context, const SealTally& sum) {
  context.counter("written", sum.written);
  context.counter("changed", sum.changed);
  context.counter("own_page", sum.own_page);
  context.counter("swapped_out", sum.swapped_out);
  context.counter("lost", sum.lost);
  context.counter("stale", sum.stale);
  context.counter("replaced", sum.replaced);
  context.counter("mapper_touches", sum.mapper_touches);
  context.check("content", sum.wrong_content == 0,
                std::to_string(sum.wrong_content) + " pages held something else after the call");
  context.check("mapper", sum.mapper_wrong == 0,
                "the read-only mapper saw " + std::to_string(sum.mapper_wrong) + " wrong words");
}

void report_scarcity(Context& context, const SealTally& sum) {
  context.counter("failed_allocations", sum.failed);
  context.counter("huge_left", sum.huge_left);
  context.counter("complaints", sum.complaints);
}

void report_mlock(Context& context, const SealTally& sum) {
  context.counter("mapped_before", sum.mapped_before);
  context.counter("mapped_after", sum.mapped_after);
  context.counter("mapped_touched", sum.mapped_touched);
  context.counter("mlocked_before", sum.mlocked_before);
  context.counter("mlocked_after", sum.mlocked_after);
  context.counter("mlocked_touched", sum.mlocked_touched);
}

void seal_files(Context& context) {
  SealPlan plan = seal_plan_of(context);
  if (plan.mlock) {
    require_guest("compacts memory, to count mlocked pages exactly");
  }
  std::optional<RamSwap> swap;
  if (plan.swap_out != "none") {
    swap.emplace();
  }
  std::optional<HugeFiles> huge;
  if (context.flag("huge")) {
    huge.emplace();
  }
  std::optional<HugetlbRoom> room;
  if (plan.hugetlb) {
    room.emplace(plan.pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
  }
  SealTally sum;
  std::vector<std::uint64_t> calls;
  context.begin_measurement();
  for (std::int64_t file = 0; file < context.number("files"); ++file) {
    if (plan.fallocated) {
      dirty_free_memory();
    }
    plan.seed = context.random(static_cast<std::uint64_t>(file)).next();
    const SealTally one = seal_one_file(plan);
    calls.push_back(one.call_ns);
    sum += one;
  }
  context.end_measurement();
  report_references(context, sum);
  report_calls(context, sum, std::move(calls));
  report_content(context, sum);
  report_mlock(context, sum);
  report_scarcity(context, sum);
}

std::vector<ParameterSpec> seal_parameters() {
  return {
      {.name = "files",
       .unit = "files",
       .default_value = "3",
       .min = 1,
       .max = 10'000,
       .help = "files that are made and sealed, one after the other"},
      {.name = "pages", .unit = "pages", .default_value = "64", .min = 1, .max = 65'536, .help = "of a file"},
      {.name = "pinned",
       .unit = "pages",
       .default_value = "16",
       .min = 0,
       .max = 4096,
       .help = "pages of a file that are pinned; the seed chooses them"},
      {.name = "pin",
       .type = ParameterType::choice,
       .default_value = "ring",
       .choices = {"none", "ring", "vmsplice", "splice", "relay"},
       .help =
           "ring: io_uring's registered buffers, which can write; vmsplice: read-only GUP references of a "
           "pipe; splice: references of a pipe without GUP; relay: splice, but every 20 ms another pipe "
           "takes over"},
      {.name = "release",
       .type = ParameterType::duration,
       .unit = "ns",
       .default_value = "0",
       .min = 0,
       .max = 10'000'000'000,
       .help = "drop the pins so long after the sealing call began; 0 holds them until all is checked"},
      {.name = "writer",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "a thread writes through the pins all the time, before, while and after the file is sealed"},
      {.name = "mapper",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "a thread maps the file for reading and faults its pages in again and again"},
      {.name = "mlock",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "an mlocked read-only mapping of the file; only in a guest"},
      {.name = "fallocated",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "the file's pages are allocated and never touched, in memory that was used before; needs "
               "pin=none"},
      {.name = "huge",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "the file is of huge pages, if it has enough pages for one; only in a guest"},
      {.name = "hugetlb",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "the file is of hugetlbfs; pages in whole huge pages; only in a guest"},
      {.name = "elsewhere",
       .type = ParameterType::boolean,
       .default_value = "false",
       .help = "files are made on CPU 1 and sealed on CPU 0"},
      {.name = "memory",
       .type = ParameterType::choice,
       .default_value = "plenty",
       .choices = {"plenty", "no-huge", "once", "none"},
       .help =
           "what there is for copies when the file is sealed; no-huge: hugetlbfs has taken all huge pages; "
           "once: the first allocation of pages fails; none: all do; only in a guest"},
      {.name = "swap_out",
       .type = ParameterType::choice,
       .default_value = "none",
       .choices = {"none", "before", "after"},
       .help = "page out what can be, to the guest's RAM disk: before the file is sealed, or after"}};
}

std::vector<CounterSpec> seal_counters() {
  return {
      {.name = "files", .unit = "files", .help = "as asked for"},
      {.name = "pins_seen",
       .unit = "pages",
       .help =
           "pages of which file and holder of the pin saw the same change just before: the pins are held"},
      {.name = "released_us", .unit = "us", .help = "when pins were gone during a call, at the latest"},
      {.name = "relay_turns", .unit = "turns", .help = "how often another pipe took over during calls"},
      {.name = "relay_longest_us", .unit = "us", .help = "how long one pipe had references, at most"},
      {.name = "sealed", .unit = "files", .help = "that took the seal"},
      {.name = "busy", .unit = "files", .help = "that refused it with EBUSY"},
      {.name = "no_memory", .unit = "files", .help = "that refused it with ENOMEM where memory is scarce"},
      {.name = "seal_us", .unit = "us", .help = "median time of the call"},
      {.name = "seal_us_min", .unit = "us", .help = "shortest"},
      {.name = "seal_us_max", .unit = "us", .help = "longest"},
      {.name = "written", .unit = "pages", .help = "pages written through pins after the seal was taken"},
      {.name = "changed", .unit = "pages", .help = "pages of sealed files that changed afterwards"},
      {.name = "own_page", .unit = "pages", .help = "pinned pages in which the holder saw its own data then"},
      {.name = "swapped_out", .unit = "pages", .help = "pages that were no longer in memory"},
      {.name = "lost", .unit = "pages", .help = "pages of sealed files that came back from reclaim changed"},
      {.name = "stale", .unit = "pages", .help = "pages of untouched files that did not read as zeros"},
      {.name = "replaced",
       .unit = "pages",
       .help = "pages of files that lie in another frame after the call; needs root"},
      {.name = "mapper_touches", .unit = "touches", .help = "reads of the read-only mapper"},
      {.name = "mapped_before", .unit = "pages", .help = "of the mlocked mapping, before the call"},
      {.name = "mapped_after", .unit = "pages", .help = "right after it"},
      {.name = "mapped_touched", .unit = "pages", .help = "after all were touched again"},
      {.name = "mlocked_before", .unit = "pages", .help = "counted as mlocked, before the call"},
      {.name = "mlocked_after", .unit = "pages", .help = "right after it"},
      {.name = "mlocked_touched", .unit = "pages", .help = "after all were touched again"},
      {.name = "failed_allocations", .unit = "allocations", .help = "that were made to fail during calls"},
      {.name = "huge_left",
       .unit = "huge pages",
       .help = "for which there was room when calls began, where hugetlbfs has taken all"},
      {.name = "complaints",
       .unit = "lines",
       .help = "of the kernel's log about allocations that failed during calls, where memory is scarce"}};
}

}  // namespace

Workload seal_pinned() {
  return {.name = "seal.pinned",
          .summary = "Seals files against writes while some of their pages are pinned.",
          .parameters = seal_parameters(),
          .counters = seal_counters(),
          .checks = {{.name = "content", .help = "after the call the file holds what it held before"},
                     {.name = "errno",
                      .help = "the call succeeded, failed with EBUSY, or for want of memory with ENOMEM"},
                     {.name = "mapper", .help = "the read-only mapper never read anything else"}},
          .run = seal_files};
}

}  // namespace assay::agent::workloads
