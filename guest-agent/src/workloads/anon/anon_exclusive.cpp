// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "workloads/all.hpp"
#include "workloads/anon/anon_acts.hpp"

#include <array>
#include <string>

namespace assay::agent::workloads {
namespace {

struct MarkerCounter {
  std::string_view name;
  std::string_view help;
  std::int64_t MarkerTally::* value;
};

constexpr std::array marker_counters{
    MarkerCounter{"pages", "that were written", &MarkerTally::pages},
    MarkerCounter{"units", "of these that the kernel can map at once: pages or huge pages",
                  &MarkerTally::units},
    MarkerCounter{"marked_before", "exclusive before the act", &MarkerTally::marked_before},
    MarkerCounter{"reached", "to which the act did what it is called", &MarkerTally::reached},
    MarkerCounter{"marked", "of these that are exclusive after it", &MarkerTally::marked},
    MarkerCounter{"same_frame", "of these that are where they were before", &MarkerTally::same_frame},
    MarkerCounter{"old_frames", "frames of before that are as the act leaves them, mapped by nobody",
                  &MarkerTally::old_frames},
    MarkerCounter{"old_frames_marked", "of these that are marked", &MarkerTally::old_frames_marked},
    MarkerCounter{"child_marked", "exclusive, as a child sees its pages", &MarkerTally::child_marked},
    MarkerCounter{
        "writable",
        "two writes to each after the act: those that were no fault, so that it was mapped for writing",
        &MarkerTally::writable},
    MarkerCounter{"writable_unmarked", "of these to pages that were not exclusive just before",
                  &MarkerTally::writable_unmarked},
    MarkerCounter{"written_in_place", "that were not copied when they were written",
                  &MarkerTally::written_in_place},
    MarkerCounter{"marked_written", "exclusive when they were written", &MarkerTally::marked_written},
    MarkerCounter{"child_in_place", "of the child's that were not copied when it wrote to them, afterwards",
                  &MarkerTally::child_in_place},
    MarkerCounter{"child_marked_written", "of the child's that were exclusive then",
                  &MarkerTally::child_marked_written},
    MarkerCounter{"tracked", "whose next write a soft-dirty bit or userfaultfd is to tell",
                  &MarkerTally::tracked},
    MarkerCounter{"told", "of these whose write was told", &MarkerTally::told},
    MarkerCounter{"waited", "fork-write-at-once: writes of both that slept in the kernel, for the other",
                  &MarkerTally::waited}};

void run_anon_exclusive(Context& context) {
  context.begin_measurement();
  const MarkerTally sum = do_marker_act({.act = context.choice("act"),
                                         .kind = context.choice("kind"),
                                         .size = static_cast<std::size_t>(context.number("size"))});
  context.end_measurement();
  for (const MarkerCounter& one : marker_counters) {
    context.counter(one.name, sum.*one.value);
  }
  context.check("content", sum.wrong == 0, std::to_string(sum.wrong) + " pages held something else");
}

std::vector<CounterSpec> marker_counter_specs() {
  std::vector<CounterSpec> specs;
  for (const MarkerCounter& one : marker_counters) {
    specs.push_back({.name = one.name, .unit = "pages", .help = one.help});
  }
  return specs;
}

}  // namespace

Workload anon_exclusive() {
  return {
      .name = "anon.exclusive",
      .summary = "Counts which anonymous pages are marked as exclusive, after something was done to them.",
      .parameters = {{.name = "act",
                      .type = ParameterType::choice,
                      .default_value = "none",
                      .choices = marker_act_names(),
                      .help = "what is done to the pages; names with fork-exit: a child that ended had "
                              "them, too, and with fork: it has them still"},
                     AnonArea::kind_parameter(),
                     {.name = "size",
                      .type = ParameterType::size,
                      .unit = "bytes",
                      .default_value = "512K",
                      .min = 1 << 16,
                      .max = 1 << 30,
                      .help = "of memory; rounded up to whole huge pages"}},
      .counters = marker_counter_specs(),
      .checks = {{.name = "content", .help = "every page is read as it was written"}},
      .run = run_anon_exclusive};
}

}  // namespace assay::agent::workloads
