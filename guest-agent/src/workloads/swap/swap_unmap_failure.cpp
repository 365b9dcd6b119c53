// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/compaction.hpp"
#include "mm/pagemap.hpp"
#include "mm/patterned_pages.hpp"
#include "mm/residency.hpp"
#include "mm/swap_area.hpp"
#include "mm/unmap_failures.hpp"
#include "workloads/all.hpp"
#include "workloads/swap/adi_memory.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr std::int64_t unmap_ns_per_us = 1'000;

/// What was counted on the way to an empty swap area.
struct UnmapTally {
  std::int64_t calls = 0;
  std::int64_t hits = 0;
  std::int64_t failed = 0;
  std::int64_t swapped_out = 0;
  std::int64_t not_swapped_out = 0;
  std::int64_t moved = 0;
  std::int64_t still_mapped = 0;
  std::int64_t exclusive = 0;
  std::int64_t wrong = 0;
};

/// Once only: a page that was left alone would be tried again by a second pass, and could fail again.
void unmap_once(const PatternedPages& pages, bool by_compaction) {
  if (by_compaction) {
    compact_all_memory();
  } else {
    pages.page_out();
  }
}

/// Pages that lie in another frame than before.
std::int64_t count_moved(const PatternedPages& pages, const std::vector<Pfn>& before) {
  const auto after = frames_under(pages.mapping().bytes());
  std::int64_t moved = 0;
  for (std::size_t index = 0; index < pages.pages(); ++index) {
    moved += pages.has(index) && after.at(index) != before.at(index) ? 1 : 0;
  }
  return moved;
}

/// One tagged page in the middle of nowhere takes a descriptor of the tag store for itself.
PatternedPages::Layout layout_of(const Context& context) {
  constexpr std::size_t far_apart = std::size_t{16} << 20U;
  return context.choice("failure") == "tag-store"
             ? PatternedPages::Layout{.protection = prot_adi, .stride = far_apart}
             : PatternedPages::Layout{};
}

UnmapTally fail_to_unmap(Context& context) {
  const bool by_compaction = context.choice("trigger") == "compaction";
  const bool pinned = context.choice("failure") == "pinned";
  const std::string_view where = pinned ? "pin" : by_compaction ? "migrate" : "swap";
  UnmapTally sum;
  PatternedPages pages(static_cast<std::size_t>(context.number("pages")), context.seed(), layout_of(context));
  std::vector<Pfn> frames;
  if (by_compaction) {
    pages.free_every_second();
    frames = frames_under(pages.mapping().bytes());
  }
  context.begin_measurement();
  {
    UnmapFailures failures(where, context.number("every"));
    unmap_once(pages, by_compaction);
    failures.stop();
    sum.calls = failures.calls();
    sum.hits = failures.hits();
    sum.failed = failures.failed();
  }
  sum.swapped_out = pages.count_swapped();
  sum.not_swapped_out = static_cast<std::int64_t>(pages.pages_left()) - sum.swapped_out;
  sum.moved = by_compaction ? count_moved(pages, frames) : 0;
  if (context.choice("failure") != "tag-store") {  // whose pages are too far apart to look at all in between
    sum.still_mapped = static_cast<std::int64_t>(count_mapped(pages.mapping()));
    sum.exclusive = static_cast<std::int64_t>(count_exclusive(pages.mapping().bytes()));
  }
  sum.wrong = pages.count_wrong();
  pages.drop();
  context.end_measurement();
  return sum;
}

void run_unmap_failure(Context& context) {
  SwapArea area(swap_device(context.choice("device")));
  const UnmapTally sum = fail_to_unmap(context);
  context.counter("calls", sum.calls);
  context.counter("hits", sum.hits);
  context.counter("failed", sum.failed);
  context.counter("swapped_out", sum.swapped_out);
  context.counter("not_swapped_out", sum.not_swapped_out);
  context.counter("moved", sum.moved);
  context.counter("still_mapped", sum.still_mapped);
  context.counter("exclusive", sum.exclusive);
  context.counter("wrong_pages", sum.wrong);
  context.check("content", sum.wrong == 0,
                std::to_string(sum.wrong) + " pages held something else afterwards");

  context.counter("used_undrained", area.used_pages());
  drain_swap_caches();
  const std::int64_t left = area.used_pages();
  context.counter("entries_left", left);
  const std::int64_t failures = sum.hits + sum.failed;
  context.counter("entries_unexplained", left > failures ? left - failures : failures - left);
  const auto end = area.turn_off(static_cast<std::uint64_t>(context.number("patience")));
  context.counter("swapoff_ended", end.ended ? 1 : 0);
  context.counter("swapoff_us", static_cast<std::int64_t>(end.ns) / unmap_ns_per_us);
  context.counter("left_after_swapoff", end.ended ? 0 : area.used_pages());
  context.check("swapoff", !end.ended || end.error == 0,
                "swapoff failed with error " + std::to_string(end.error));
}

std::vector<ParameterSpec> unmap_parameters() {
  return {
      {.name = "pages", .unit = "pages", .default_value = "1024", .min = 1, .max = 65'536, .help = "written"},
      {.name = "trigger",
       .type = ParameterType::choice,
       .default_value = "pageout",
       .choices = {"pageout", "compaction"},
       .help = "what unmaps them: MADV_PAGEOUT, or compaction after each second one was freed"},
      {.name = "failure",
       .type = ParameterType::choice,
       .default_value = "unmap",
       .choices = {"unmap", "pinned", "tag-store"},
       .help = "unmap: arch_unmap_one() is made to fail; pinned: it succeeds, and then the page is said to "
               "be pinned; tag-store: it fails by itself, for want of storage for ADI tags, every=0"},
      {.name = "every",
       .unit = "calls",
       .default_value = "8",
       .min = 0,
       .max = 1'000'000,
       .help = "each such call fails; 0: none"},
      swap_device_parameter("ram"),
      {.name = "patience",
       .type = ParameterType::duration,
       .unit = "ns",
       .default_value = "3s",
       .min = 100'000'000,
       .max = 600'000'000'000,
       .help = "swapoff is killed after so long"}};
}

std::vector<CounterSpec> unmap_counters() {
  return {
      {.name = "calls", .unit = "calls", .help = "of arch_unmap_one(), in the whole system"},
      {.name = "hits", .unit = "calls", .help = "that were made to fail"},
      {.name = "failed", .unit = "calls", .help = "that failed by themselves"},
      {.name = "swapped_out", .unit = "pages", .help = "that were swap entries afterwards"},
      {.name = "not_swapped_out",
       .unit = "pages",
       .help = "that were not, mapped or not: no fewer than the calls that failed, unless those went "
               "through all the same"},
      {.name = "moved",
       .unit = "pages",
       .help =
           "that compaction put elsewhere: none when each call fails, unless it goes through all the same"},
      {.name = "still_mapped", .unit = "pages", .help = "that were mapped then; 0 with failure=tag-store"},
      {.name = "exclusive", .unit = "pages", .help = "of these that are marked as exclusive to the process"},
      {.name = "wrong_pages", .unit = "pages", .help = "that held something else when they were read again"},
      {.name = "used_undrained",
       .unit = "entries",
       .help = "of the swap area in use when all memory was unmapped, with those that each CPU keeps"},
      {.name = "entries_left", .unit = "entries", .help = "the same without those"},
      {.name = "entries_unexplained",
       .unit = "entries",
       .help = "by how many that differs from the calls that failed"},
      {.name = "swapoff_ended", .unit = "calls", .help = "1 when swapoff returned by itself"},
      {.name = "swapoff_us", .unit = "us", .help = "how long it took or was given"},
      {.name = "left_after_swapoff", .unit = "entries", .help = "in use when it was killed"}};
}

}  // namespace

Workload swap_unmap_failure() {
  return {
      .name = "swap.unmap_failure",
      .summary = "Swaps pages out while some of them cannot be unmapped, and counts the swap entries left.",
      .parameters = unmap_parameters(),
      .counters = unmap_counters(),
      .checks = {{.name = "content", .help = "every page is read as it was written"},
                 {.name = "swapoff", .help = "swapoff did not fail"}},
      .run = run_unmap_failure};
}

}  // namespace assay::agent::workloads
