// SPDX-License-Identifier: GPL-2.0-or-later
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/frame_flags.hpp"
#include "mm/held_pins.hpp"
#include "mm/huge_pages.hpp"
#include "mm/kernel_files.hpp"
#include "mm/pagemap.hpp"
#include "workloads/all.hpp"
#include "workloads/anon/pin_leaks.hpp"
#include "workloads/anon/pin_trigger.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::agent::workloads {
namespace {

constexpr std::string_view unpinned = "unpinned";
constexpr std::string_view ring_back = "ring_back";  ///< the same pins as "ring", written through
constexpr std::string_view any = "any";              ///< sum over all pins
constexpr std::string_view leaked_to_child = "leaked.to_child";
constexpr std::string_view leaked_to_parent = "leaked.to_parent";

std::string name_of_cell(std::string_view what, std::string_view trigger, std::string_view pin) {
  return std::string(what) + std::string(trigger) + "." + std::string(pin);
}

/// What the first word of a base page is: each write of all pages has a version.
std::uint64_t tag_of(std::uint64_t seed, std::size_t page, std::uint64_t version) {
  std::uint64_t state = seed + page * 16 + version;
  return split_mix(state);
}

/// What cells came to, as far as they were run, and why others were not.
class CellLog {
 public:
  void add(const std::string& counter, std::int64_t value) { values_.emplace_back(counter, value); }
  /// Adds the sum of a row, if it has so many cells.
  void sum_up(std::string_view what, std::string_view row, std::size_t cells) {
    const auto prefix = name_of_cell(what, row, "");
    std::int64_t sum = 0;
    for (const auto& [counter, value] : values_) {
      sum += counter.starts_with(prefix) ? value : 0;
      cells -= counter.starts_with(prefix) ? 1 : 0;
    }
    if (cells == 0) {
      add(prefix + std::string(any), sum);
    }
  }
  void not_run(std::string_view row, std::string_view column, const std::string& why) {
    auto& columns = reasons_[why][std::string(row)];
    columns += (columns.empty() ? "" : ", ") + std::string(column);
  }

  [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& values() const { return values_; }
  /// "WHY: ROW, ROW (COLUMN, COLUMN); WHY: ROW (COLUMN)": without columns all of the row.
  [[nodiscard]] std::string reasons() const {
    std::string text;
    for (const auto& [why, rows] : reasons_) {
      text += (text.empty() ? "" : "; ") + why + ": ";
      for (const auto& [row, columns] : rows) {
        const auto count = static_cast<std::size_t>(std::ranges::count(columns, ',')) + 1;
        const bool whole = count == pin_kinds().size() + 1;
        text += (row == rows.begin()->first ? "" : ", ") + row + (whole ? "" : " (" + columns + ")");
      }
    }
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::int64_t>> values_;
  std::map<std::string, std::map<std::string, std::string>> reasons_;
};

/// The matrix of one kind of pages.
class CowMatrix {
 public:
  explicit CowMatrix(const Context& context);

  /// A trigger with all pins, and with none.
  void run_row(std::string_view trigger);
  void run_leaks();
  [[nodiscard]] const CellLog& log() const { return log_; }
  /// Base pages that are judged in each cell.
  [[nodiscard]] std::int64_t pages() const { return static_cast<std::int64_t>(judged_.size()); }
  [[nodiscard]] std::int64_t units() const { return static_cast<std::int64_t>(units_); }
  /// Base pages in which the CPU did not read what it had written.
  [[nodiscard]] std::int64_t lost() const { return lost_; }
  /// Base pages that pins did not see, before anything was written.
  [[nodiscard]] std::int64_t unseen() const { return unseen_; }

 private:
  using Pins = std::vector<std::unique_ptr<HeldPins>>;  ///< of the judged pages, run by run

  [[nodiscard]] std::unique_ptr<AnonArea> new_area() const;
  void write_tags(const AnonArea& area, std::uint64_t version) const;
  [[nodiscard]] std::int64_t count_other(const AnonArea& area, std::uint64_t version) const;
  [[nodiscard]] Pins pin_judged(std::string_view pin, const AnonArea& area) const;
  [[nodiscard]] std::int64_t count_other_behind(const Pins& pins, std::uint64_t version);
  [[nodiscard]] std::int64_t write_behind(const Pins& pins, const AnonArea& area, std::uint64_t version);
  [[nodiscard]] std::int64_t count_unmarked(const AnonArea& area) const;
  void run_cell(std::string_view trigger, std::string_view pin);
  void fill_cell(std::string_view trigger, std::string_view pin);
  void write_and_compare(std::string_view trigger, std::string_view pin, const Pins& pins,
                         const AnonArea& area);
  void run_leak(std::string_view cell, std::int64_t (*count)(const AnonArea&, std::uint64_t));

  std::string_view kind_;
  std::uint64_t seed_;
  std::size_t units_;
  std::optional<RamSwap> swap_;
  FrameFlags flags_;
  unsigned mark_;
  std::size_t page_size_ = 0;
  std::vector<std::size_t> judged_;
  std::size_t area_size_ = 0;
  std::vector<std::byte> copy_;  ///< of what one of these holds
  CellLog log_;
  std::int64_t lost_ = 0;
  std::int64_t unseen_ = 0;
};

CowMatrix::CowMatrix(const Context& context)
    : kind_(context.choice("kind")),
      seed_(context.seed()),
      units_(static_cast<std::size_t>(context.number("units"))),
      mark_(exclusive_flag(flags_)) {
  const auto unit = AnonArea(kind_, 1).bytes().size();
  const AnonArea area(kind_, unit * units_);
  page_size_ = area.page_size();
  judged_ = judged_pages(area);
  area_size_ = area.bytes().size();
  copy_.resize(judged_of_run(area) * page_size_);
}

std::unique_ptr<AnonArea> CowMatrix::new_area() const {
  auto area = std::make_unique<AnonArea>(kind_, area_size_);
  if (kind_ == "thp" && bytes_mapped_huge(area->bytes().data()) < area_size_) {
    throw WorkloadSkip("memory has no huge pages left");
  }
  if (kind_ == "hugetlb") {
    grow_hugetlb_pool(2 * units_);  // each may be copied once
  }
  write_tags(*area, 1);
  return area;
}

void CowMatrix::write_tags(const AnonArea& area, std::uint64_t version) const {
  for (const std::size_t page : judged_) {
    area.write(page, tag_of(seed_, page, version));
  }
}

std::int64_t CowMatrix::count_other(const AnonArea& area, std::uint64_t version) const {
  std::int64_t count = 0;
  for (const std::size_t page : judged_) {
    count += area.word(page) == tag_of(seed_, page, version) ? 0 : 1;
  }
  return count;
}

CowMatrix::Pins CowMatrix::pin_judged(std::string_view pin, const AnonArea& area) const {
  Pins pins;
  if (pin != unpinned) {
    for (const std::size_t run : judged_runs(area)) {
      pins.push_back(hold_pins(pin, area.bytes().subspan(run * page_size_, copy_.size())));
    }
  }
  return pins;
}

std::int64_t CowMatrix::count_other_behind(const Pins& pins, std::uint64_t version) {
  std::int64_t count = 0;
  auto page = judged_.begin();
  for (const auto& one : pins) {
    one->read(copy_);
    for (std::size_t at = 0; at < copy_.size(); at += page_size_, ++page) {
      std::uint64_t tag = 0;
      std::memcpy(&tag, copy_.data() + at, sizeof tag);
      count += tag == tag_of(seed_, *page, version) ? 0 : 1;
    }
  }
  return count;
}

/// Judged pages in which the CPU does not read what was written through the pins.
std::int64_t CowMatrix::write_behind(const Pins& pins, const AnonArea& area, std::uint64_t version) {
  auto page = judged_.begin();
  for (const auto& one : pins) {
    for (std::size_t at = 0; at < copy_.size(); at += page_size_, ++page) {
      const std::uint64_t tag = tag_of(seed_, *page, version);
      std::memcpy(copy_.data() + at, &tag, sizeof tag);
    }
    one->write(copy_);
  }
  return count_other(area, version);
}

/// Of a huge page, the first base page has the mark however it is mapped.
std::int64_t CowMatrix::count_unmarked(const AnonArea& area) const {
  const auto frames = frames_under(area.bytes());
  std::int64_t count = 0;
  for (std::size_t page = 0; page < frames.size(); page += area.unit()) {
    count += has_flag(flags_.of(frames[page]), mark_) ? 0 : 1;
  }
  return count;
}

void CowMatrix::run_row(std::string_view trigger) {
  for (const auto pin : pin_kinds()) {
    run_cell(trigger, pin);
  }
  log_.sum_up("wrong.", trigger, pin_kinds().size() + 1);
  log_.sum_up("unmarked.", trigger, pin_kinds().size());
  run_cell(trigger, unpinned);
}

void CowMatrix::run_cell(std::string_view trigger, std::string_view pin) {
  try {
    fill_cell(trigger, pin);
  } catch (const WorkloadSkip& skip) {
    log_.not_run(trigger, pin, skip.what());
  }
}

void CowMatrix::fill_cell(std::string_view trigger, std::string_view pin) {
  const auto area = new_area();
  PinTrigger act(trigger, kind_, *area, swap_);
  act.before_pin();
  const Pins pins = pin_judged(pin, *area);
  act.after_pin();
  if (pins.empty()) {
    act.require_seen();
  }
  const std::int64_t without = count_unmarked(*area);
  if (!pins.empty()) {
    write_and_compare(trigger, pin, pins, *area);
  }
  log_.add(name_of_cell("unmarked.", trigger, pin), without);
}

void CowMatrix::write_and_compare(std::string_view trigger, std::string_view pin, const Pins& pins,
                                  const AnonArea& area) {
  if (const auto other = count_other_behind(pins, 1); other != 0) {
    unseen_ += other;
    throw WorkloadSkip("the pins do not see " + std::to_string(other) + " pages before they are written");
  }
  write_tags(area, 2);
  lost_ += count_other(area, 2);
  log_.add(name_of_cell("wrong.", trigger, pin), count_other_behind(pins, 2));
  if (pins.front()->is_writable()) {
    log_.add(name_of_cell("wrong.", trigger, ring_back), write_behind(pins, area, 3));
  }
}

void CowMatrix::run_leak(std::string_view cell, std::int64_t (*count)(const AnonArea&, std::uint64_t)) {
  try {
    const auto area = new_area();
    area->write_all(1);
    log_.add(std::string(cell), count(*area, 2));
  } catch (const WorkloadSkip& skip) {
    log_.not_run("leaked", cell, skip.what());
  }
}

void CowMatrix::run_leaks() {
  run_leak(leaked_to_child, count_leaks_to_child);
  run_leak(leaked_to_parent, count_leaks_to_parent);
}

void report_cells(Context& context, const CowMatrix& matrix) {
  std::int64_t cells = 0;
  std::int64_t wrong = 0;
  for (const auto& [name, value] : matrix.log().values()) {
    context.counter(name, value);
    const bool is_cell = name.starts_with("wrong.") && !name.ends_with(any);
    cells += is_cell ? 1 : 0;
    wrong += is_cell && value > 0 ? 1 : 0;
  }
  context.counter("pages", matrix.pages());
  context.counter("units", matrix.units());
  context.counter("cells", cells);
  context.counter("wrong_cells", wrong);
  context.counter("unseen", matrix.unseen());
  context.check("content", matrix.lost() == 0,
                std::to_string(matrix.lost()) + " pages did not hold what the CPU had written");
  context.check("cells", true, matrix.log().reasons());
}

void run_pin_cow(Context& context) {
  require_guest("swaps and merges pages");
  const auto wanted = context.choice("trigger");
  context.begin_measurement();
  CowMatrix matrix(context);
  for (const auto trigger : PinTrigger::names()) {
    if (wanted == "all" || wanted == trigger) {
      matrix.run_row(trigger);
    }
  }
  if (wanted == "all") {
    matrix.run_leaks();
  }
  context.end_measurement();
  report_cells(context, matrix);
}

std::vector<ParameterSpec> pin_cow_parameters() {
  std::vector<std::string_view> triggers{"all"};
  triggers.insert(triggers.end(), PinTrigger::names().begin(), PinTrigger::names().end());
  return {AnonArea::kind_parameter(),
          {.name = "units",
           .unit = "pages",
           .default_value = "16",
           .min = 1,
           .max = 1024,
           .help = "pages of that kind in each cell"},
          {.name = "trigger",
           .type = ParameterType::choice,
           .default_value = "all",
           .choices = std::move(triggers),
           .help = "one row of the matrix, or all and the leaks"}};
}

/// Of all cells, for the workload's declaration, which keeps no text of its own.
const std::vector<std::string>& cell_names(std::string_view what) {
  static std::map<std::string_view, std::vector<std::string>> known;
  auto& names = known[what];
  if (names.empty()) {
    auto pins = pin_kinds();
    pins.push_back(what == "wrong." ? ring_back : unpinned);
    pins.push_back(any);
    for (const auto trigger : PinTrigger::names()) {
      for (const auto pin : pins) {
        names.push_back(name_of_cell(what, trigger, pin));
      }
    }
  }
  return names;
}

std::vector<CounterSpec> pin_cow_counters() {
  std::vector<CounterSpec> counters{
      {.name = "pages", .unit = "pages", .help = "base pages that are judged in each cell"},
      {.name = "units", .unit = "pages", .help = "pages of the kind in each cell"},
      {.name = "cells", .unit = "cells", .help = "in which a pin was compared with the memory"},
      {.name = "wrong_cells", .unit = "cells", .help = "of these in which they differed"},
      {.name = "unseen", .unit = "pages", .help = "of cells not run, as pins held others before any write"},
      {.name = leaked_to_child, .unit = "pages", .help = "seen by a pipe of a child that had unmapped them"},
      {.name = leaked_to_parent, .unit = "pages", .help = "the same, written by the child"}};
  for (const auto& name : cell_names("wrong.")) {
    counters.push_back({.name = name, .unit = "pages", .help = "base pages that pin and memory disagree on"});
  }
  for (const auto& name : cell_names("unmarked.")) {
    counters.push_back({.name = name, .unit = "pages", .help = "that are not exclusive before the write"});
  }
  return counters;
}

}  // namespace

Workload pin_cow() {
  return {.name = "pin.cow",
          .summary = "Pins memory while it is forked, swapped, merged or protected, writes, and compares.",
          .parameters = pin_cow_parameters(),
          .counters = pin_cow_counters(),
          .checks = {{.name = "content", .help = "the CPU reads what it wrote"},
                     {.name = "cells", .help = "never fails: says which cells were not run, and why"}},
          .run = run_pin_cow};
}

}  // namespace assay::agent::workloads
