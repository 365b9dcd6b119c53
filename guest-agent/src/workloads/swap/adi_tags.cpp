// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/kernel_files.hpp"
#include "mm/mapping.hpp"
#include "mm/swap_area.hpp"
#include "workloads/all.hpp"
#include "workloads/swap/adi_acts.hpp"
#include "workloads/swap/adi_memory.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <new>
#include <optional>
#include <string>

namespace assay::agent::workloads {
namespace {

constexpr std::uint64_t swapoff_limit_ns = 10'000'000'000;
constexpr std::int64_t pin_every = 4;

/// What the process that acts leaves behind.
struct AdiReport {
  AdiTally sum;
  bool skipped = false;
  std::array<char, 200> error{};  ///< "" when all went well
};

/// Memory of both processes.
class SharedReport {
 public:
  SharedReport() : memory_(map_shared()), report_(new(memory_.data()) AdiReport) {}
  [[nodiscard]] AdiReport& operator*() const { return *report_; }

 private:
  static Mapping map_shared() {
    void* at = ::mmap(nullptr, sizeof(AdiReport), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
      throw_errno("map shared memory");
    }
    return {at, sizeof(AdiReport)};
  }

  Mapping memory_;
  AdiReport* report_;
};

[[noreturn]] void act_and_exit(const AdiPlan& plan, Turns& turns, AdiReport& report) {
  const auto note = [&](std::string_view what) {
    std::copy_n(what.data(), std::min(what.size(), report.error.size() - 1), report.error.data());
  };
  try {
    turns.be_child();
    do_adi_act(plan, turns, report.sum);
  } catch (const WorkloadSkip& skip) {
    report.skipped = true;
    note(skip.what());
  } catch (const std::exception& error) {
    note(error.what());
  }
  ::_exit(0);
}

/// Lets the act happen in a process of its own; turns swap off when that is what it waits for.
void act_apart(const AdiPlan& plan, SwapArea& area, AdiReport& report) {
  Turns turns;
  const pid_t child = ::fork();
  if (child < 0) {
    throw_errno("fork");
  }
  if (child == 0) {
    act_and_exit(plan, turns, report);
  }
  turns.be_parent();
  if (turns.wait_for_turn()) {
    if (const auto end = area.turn_off(swapoff_limit_ns); !end.ended || end.error != 0) {
      throw std::runtime_error("swapoff does not end");
    }
    turns.give_back();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) {
    throw std::runtime_error("the process that acted was killed");
  }
  const std::string error(report.error.data());
  if (report.skipped) {
    throw WorkloadSkip(error);
  }
  if (!error.empty()) {
    throw std::runtime_error(error);
  }
}

/// Memory of slab that cannot be reclaimed, in kB: counts tag storage, too, by itself.
std::int64_t slab_kb() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::string rest;
  std::int64_t value = 0;
  while (file >> name >> value && std::getline(file, rest)) {
    if (name == "SUnreclaim:") {
      return value;
    }
  }
  throw std::runtime_error("cannot count slab memory: /proc/meminfo has no SUnreclaim");
}

void report_tags(Context& context, const AdiTally& sum) {
  context.counter("tagged", sum.tagged);
  context.counter("swapped_out", sum.swapped_out);
  context.counter("not_swapped_out", sum.not_swapped_out);
  context.counter("moved", sum.moved);
  context.counter("pinned", sum.pinned);
  context.counter("checked", sum.checked);
  context.counter("kept", sum.kept);
  context.counter("lost", sum.checked - sum.kept);
  context.counter("others", sum.others);
  context.counter("others_lost", sum.others - sum.others_kept);
  context.counter("others_lost_later", sum.others - sum.others_kept_later);
  context.check("content", sum.wrong == 0,
                std::to_string(sum.wrong) + " pages held something else afterwards");
  context.check("tagged", sum.tagged == context.number("pages"),
                "tags could not be read back where they were set");
}

void report_storage(Context& context, const AdiTally& sum) {
  context.counter("saved", sum.saved);
  context.counter("restored", sum.restored);
  context.counter("restore_missed", sum.restore_missed);
  context.counter("users_out", sum.users_out);
  context.counter("users_back", sum.users_back);
  context.counter("users_unmapped", sum.users_unmapped);
  context.counter("held_unmapped", sum.held_unmapped);
}

void run_adi_tags(Context& context) {
  (void)read_adi_stat();  // skips before anything is done
  AdiPlan plan{.act = context.choice("act"),
               .pages = static_cast<std::size_t>(context.number("pages")),
               .cycles = context.number("cycles"),
               .seed = context.seed()};
  SwapArea area(swap_device(context.choice("device")));
  std::optional<UnmapFailures> pins;
  if (plan.act == pinning_act) {
    pins.emplace("pin", pin_every);
    plan.pins = &*pins;
  }
  const SharedReport report;
  const std::int64_t storage = read_adi_stat().in_use();
  const std::int64_t slab = slab_kb();
  context.begin_measurement();
  act_apart(plan, area, *report);
  context.end_measurement();
  report_tags(context, (*report).sum);
  report_storage(context, (*report).sum);
  context.counter("cycles", plan.cycles);
  context.counter("leaked", read_adi_stat().in_use() - storage);
  context.counter("slab_leaked_kb", slab_kb() - slab);
}

std::vector<ParameterSpec> adi_parameters() {
  return {
      {.name = "act",
       .type = ParameterType::choice,
       .default_value = "fault",
       .choices = adi_act_names(),
       .help = "what happens to tagged pages: all but compaction page them out first"},
      {.name = "pages", .unit = "pages", .default_value = "256", .min = 1, .max = 65'536, .help = "tagged"},
      {.name = "cycles",
       .unit = "cycles",
       .default_value = "1",
       .min = 1,
       .max = 10'000,
       .help = "how often act=cycles pages out and faults in"},
      swap_device_parameter("zram")};
}

std::vector<CounterSpec> adi_counters() {
  return {{.name = "tagged", .unit = "pages", .help = "whose tags were set and read back"},
          {.name = "swapped_out", .unit = "pages", .help = "that were swap entries after page-out"},
          {.name = "not_swapped_out",
           .unit = "pages",
           .help = "that were not: no fewer than were said to be pinned, unless those went out all the same"},
          {.name = "moved",
           .unit = "pages",
           .help = "that compaction put elsewhere, or that were mapped again when swapoff had ended"},
          {.name = "pinned", .unit = "pages", .help = "that were said to be pinned"},
          {.name = "checked", .unit = "pages", .help = "whose tags were read after the act"},
          {.name = "kept", .unit = "pages", .help = "that had all tags as they were set"},
          {.name = "lost", .unit = "pages", .help = "that had not"},
          {.name = "others", .unit = "pages", .help = "of the child after fork, or that nobody touched"},
          {.name = "others_lost", .unit = "pages", .help = "of these that had lost tags"},
          {.name = "others_lost_later",
           .unit = "pages",
           .help = "of the child's, after the parent had read its own"},
          {.name = "saved", .unit = "pages", .help = "whose tags were stored"},
          {.name = "restored", .unit = "pages", .help = "whose tags came from the store"},
          {.name = "restore_missed", .unit = "pages", .help = "for which the store had nothing"},
          {.name = "users_out", .unit = "pages", .help = "in the tag store after page-out"},
          {.name = "users_back", .unit = "pages", .help = "in the tag store when all pages were back"},
          {.name = "users_unmapped", .unit = "pages", .help = "in the tag store when all were unmapped"},
          {.name = "held_unmapped", .unit = "bytes", .help = "of tag storage then"},
          {.name = "cycles", .unit = "cycles", .help = "as asked for"},
          {.name = "leaked", .unit = "bytes", .help = "of tag storage when the process had ended"},
          {.name = "slab_leaked_kb", .unit = "kB", .help = "of slab memory then, by /proc/meminfo"}};
}

}  // namespace

Workload adi_tags() {
  return {.name = "adi.tags",
          .summary = "Looks what becomes of the ADI tags of pages, and of their storage.",
          .parameters = adi_parameters(),
          .counters = adi_counters(),
          .checks = {{.name = "content", .help = "every page is read as it was written"},
                     {.name = "tagged", .help = "tags can be set and read"}},
          .run = run_adi_tags};
}

}  // namespace assay::agent::workloads
