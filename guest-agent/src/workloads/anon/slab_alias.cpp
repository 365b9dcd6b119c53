// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "workloads/all.hpp"
#include "workloads/anon/slab_acts.hpp"

#include <array>

namespace assay::agent::workloads {
namespace {

struct SlabCounter {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  std::int64_t SlabTally::* value;
};

constexpr std::array slab_counters{
    SlabCounter{"pages", "pages", "of the workload's own", &SlabTally::pages},
    SlabCounter{"exclusive_slab", "pages", "of these that the kernel shows as slab pages",
                &SlabTally::exclusive_slab},
    SlabCounter{"shared_slab", "pages", "the same while a child had them, too", &SlabTally::shared_slab},
    SlabCounter{"freed_slab", "pages", "the same when they were freed", &SlabTally::freed_slab},
    SlabCounter{"anon_frames", "pages", "anonymous pages in the whole system", &SlabTally::anon_frames},
    SlabCounter{"anon_slab", "pages", "of these that the kernel shows as slab pages", &SlabTally::anon_slab},
    SlabCounter{"slab_frames", "pages", "slab pages that are not anonymous", &SlabTally::slab_frames},
    SlabCounter{"slab_expected", "pages", "slab pages by /proc/meminfo", &SlabTally::slab_expected},
    SlabCounter{"poisoned", "pages", "that MADV_HWPOISON was called for", &SlabTally::poisoned},
    SlabCounter{"hwpoisoned", "pages", "of these whose frames /proc/kpageflags shows as poisoned",
                &SlabTally::hwpoisoned},
    SlabCounter{"ignored_as_slab", "pages", "that the kernel took for slab pages, and left alone",
                &SlabTally::ignored_as_slab},
    SlabCounter{"recovered", "pages", "from whose loss it recovered", &SlabTally::recovered},
    SlabCounter{"touches", "pages", "that were written and freed", &SlabTally::touches},
    SlabCounter{"reads", "pages", "that were read in /proc/kpageflags meanwhile", &SlabTally::reads},
    SlabCounter{"reading_us", "us", "that these reads took: who is held up in one is held up here",
                &SlabTally::reading_us},
    SlabCounter{"flickers", "pages", "that were a slab, and none when they were read again",
                &SlabTally::flickers},
    SlabCounter{"slab_twice", "pages", "that were a slab both times", &SlabTally::slab_twice}};

SlabTally do_slab_act(const Context& context) {
  const SlabPlan plan{.kind = context.choice("kind"),
                      .size = static_cast<std::size_t>(context.number("size")),
                      .duration_ns = context.number("duration")};
  const auto act = context.choice("act");
  if (act == "scan") {
    return scan_for_slab(plan);
  }
  if (act == "free-split") {
    return free_split(plan);
  }
  return act == "race" ? race_with_reader(plan) : poison_pages(plan, act == "poison-shared");
}

void run_slab_alias(Context& context) {
  context.begin_measurement();
  const SlabTally sum = do_slab_act(context);
  context.end_measurement();
  for (const SlabCounter& one : slab_counters) {
    context.counter(one.name, sum.*one.value);
  }
}

std::vector<CounterSpec> slab_counter_specs() {
  std::vector<CounterSpec> specs;
  for (const SlabCounter& one : slab_counters) {
    specs.push_back({.name = one.name, .unit = one.unit, .help = one.help});
  }
  return specs;
}

}  // namespace

Workload slab_alias() {
  return {.name = "slab.alias",
          .summary = "Looks whether the kernel takes anonymous pages for slab pages.",
          .parameters = {{.name = "act",
                          .type = ParameterType::choice,
                          .default_value = "scan",
                          .choices = {"scan", "free-split", "poison", "poison-shared", "race"},
                          .help = "scan: /proc/kpageflags; free-split: frees huge pages that are mapped one "
                                  "by one; poison: MADV_HWPOISON, shared: while a child has "
                                  "the pages, too; race: /proc/kpageflags while the pages come and go"},
                         AnonArea::kind_parameter(),
                         {.name = "size",
                          .type = ParameterType::size,
                          .unit = "bytes",
                          .default_value = "256K",
                          .min = 1 << 14,
                          .max = 1 << 30,
                          .help = "of memory; rounded up to whole huge pages; race has small pages only"},
                         {.name = "duration",
                          .type = ParameterType::duration,
                          .unit = "ns",
                          .default_value = "5s",
                          .min = 1'000'000,
                          .max = 3'600'000'000'000,
                          .help = "of a race"}},
          .counters = slab_counter_specs(),
          .checks = {},
          .run = run_slab_alias};
}

}  // namespace assay::agent::workloads
