// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/seal/seal_round.hpp"

#include "base/clock.hpp"
#include "base/random.hpp"
#include "contract/context.hpp"
#include "mm/cpu_choice.hpp"
#include "mm/page_pins.hpp"
#include "mm/pagemap.hpp"
#include "mm/residency.hpp"
#include "workloads/seal/scarcity.hpp"
#include "workloads/seal/seal_threads.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <future>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

namespace assay::agent::workloads {
namespace {

constexpr std::uint64_t unpinned_version = 0;
constexpr std::uint64_t pinned_version = 1;
constexpr std::uint64_t late_version = 2;

std::vector<std::size_t> choose_pages(const SealPlan& plan) {
  std::vector<std::size_t> all(plan.pages);
  std::iota(all.begin(), all.end(), 0);
  Random random(plan.seed);
  for (std::size_t i = 0; i < plan.pinned; ++i) {
    std::swap(all[i], all[i + random.below(plan.pages - i)]);
  }
  all.resize(plan.pinned);
  std::ranges::sort(all);
  return all;
}

std::size_t count_different(std::span<const Pfn> before, std::span<const Pfn> after) {
  std::size_t count = 0;
  for (std::size_t page = 0; page < before.size(); ++page) {
    count += before[page] != after[page] ? 1 : 0;
  }
  return count;
}

SealedFile new_file(const SealPlan& plan) {
  const auto fill = plan.fallocated ? SealedFile::Fill::fallocated
                    : plan.hugetlb  ? SealedFile::Fill::hugetlb
                                    : SealedFile::Fill::written;
  return {plan.pages, plan.seed, fill};
}

/// Makes a file on CPU 1. Its last pages stay in a batch of that CPU's, which system calls on others do not
/// empty; the thread's own end would, so that it waits.
class MakerElsewhere {
 public:
  explicit MakerElsewhere(const SealPlan& plan) : thread_([this, &plan] { run(plan); }) {}
  MakerElsewhere(const MakerElsewhere&) = delete;
  MakerElsewhere& operator=(const MakerElsewhere&) = delete;
  MakerElsewhere(MakerElsewhere&&) = delete;
  MakerElsewhere& operator=(MakerElsewhere&&) = delete;
  ~MakerElsewhere() { may_end_.set_value(); }

  /// Once. Throws.
  [[nodiscard]] SealedFile file() { return file_.get_future().get(); }

 private:
  void run(const SealPlan& plan) {
    try {
      stay_on_cpu(1);
      file_.set_value(new_file(plan));
    } catch (...) {
      file_.set_exception(std::current_exception());
    }
    may_end_.get_future().wait();
  }

  std::promise<SealedFile> file_;
  std::promise<void> may_end_;
  std::jthread thread_;
};

class SealRound {
 public:
  SealRound(const SealPlan& plan, SealedFile file)
      : plan_(plan),
        file_(std::move(file)),
        chosen_(choose_pages(plan)),
        pins_(take_pins(plan.pin, file_, chosen_)) {}

  SealTally operator()() {
    tally_.pins_seen = static_cast<std::int64_t>(pins_->bring_to(pinned_version));
    if (plan_.swap_out == "before") {
      swap_out();
    }
    if (plan_.mlock) {
      lock_mapping();
    }
    const auto frames = frames_of_file();
    seal_under_load();
    tally_.replaced = static_cast<std::int64_t>(count_different(frames, frames_of_file()));
    if (plan_.mlock) {
      look_at_locked_mapping();
    }
    if (tally_.sealed != 0 && !released_ && !plan_.writer) {
      write_late();
    }
    if (tally_.sealed != 0 && plan_.swap_out == "after") {
      swap_out_and_read_back();
    }
    if (!released_) {
      pins_->release();
    }
    return tally_;
  }

 private:
  /// The call, with everything that runs beside it.
  void seal_under_load() {
    std::optional<PinWriter> writer;
    if (plan_.writer) {
      writer.emplace(*pins_, chosen_.size());
    }
    std::optional<ReadMapper> mapper;
    if (plan_.mapper) {
      mapper.emplace(file_, late_version);
    }
    pins_->begin();
    call();
    if (writer && tally_.sealed != 0) {
      watch_writer(*writer);
    } else if (plan_.fallocated) {
      tally_.stale = count_not_zero();
    } else if (!writer) {
      tally_.wrong_content = count_wrong();
    }
    if (mapper) {
      mapper->stop();
      tally_.mapper_touches = mapper->touches();
      tally_.mapper_wrong = mapper->wrong();
    }
  }

  void call() {
    Scarcity scarcity(plan_.memory);
    const std::uint64_t begin = monotonic_ns();
    int error = 0;
    {
      PinReleaser releaser(*pins_, plan_.release == 0 ? 0 : begin + plan_.release);
      error = scarcity.during([this] { return file_.seal(); });
      tally_.call_ns = monotonic_ns() - begin;
      released_ = releaser.stop();
      tally_.released_ns = released_ ? releaser.released_at() - begin : 0;
    }
    tally_.sealed = error == 0 ? 1 : 0;
    tally_.busy = error == EBUSY ? 1 : 0;
    tally_.no_memory = error == ENOMEM && plan_.memory != "plenty" ? 1 : 0;
    tally_.other_errors = error == 0 ? 0 : 1 - tally_.busy - tally_.no_memory;
    tally_.failed = scarcity.failed();
    tally_.huge_left = scarcity.huge_left();
    tally_.complaints = scarcity.complaints();
    tally_.relay_turns = pins_->turns();
    tally_.relay_longest_ns = pins_->longest_ns();
  }

  /// The writer goes on for two more rounds over its pins: none of it may reach the file any more.
  void watch_writer(PinWriter& writer) {
    const auto before = file_.hashes();
    const std::int64_t first = writer.writes();
    writer.wait_for(first + 2 * static_cast<std::int64_t>(chosen_.size()));
    writer.stop();
    tally_.written = std::min(writer.writes() - first, static_cast<std::int64_t>(chosen_.size()));
    tally_.changed += static_cast<std::int64_t>(count_changed(before, file_.hashes()));
  }

  /// One write through each pin, after the file was sealed.
  void write_late() {
    if (!pins_->is_writable()) {
      for (std::size_t place = 0; place < chosen_.size(); ++place) {
        tally_.own_page += pins_->sees(place, pinned_version) ? 1 : 0;
      }
      return;
    }
    const auto before = file_.hashes();
    for (std::size_t place = 0; place < chosen_.size(); ++place) {
      pins_->write(place, late_version);
      tally_.own_page += pins_->sees(place, late_version) ? 1 : 0;
    }
    tally_.written = static_cast<std::int64_t>(chosen_.size());
    tally_.changed += static_cast<std::int64_t>(count_changed(before, file_.hashes()));
  }

  /// None where looking would read pages that nobody has read, or bring back what was swapped out.
  [[nodiscard]] std::vector<Pfn> frames_of_file() const {
    if (plan_.fallocated || plan_.swap_out != "none") {
      return {};
    }
    const Mapping map = file_.map_read_only();
    touch_pages(map);
    return frames_under(map.bytes());
  }

  void swap_out() {
    const Mapping map = file_.map_read_only();
    page_out(map);
    tally_.swapped_out = static_cast<std::int64_t>(plan_.pages - count_resident(map));
  }

  void swap_out_and_read_back() {
    const auto before = file_.hashes();
    swap_out();
    tally_.lost = static_cast<std::int64_t>(count_changed(before, file_.hashes()));
  }

  void lock_mapping() {
    settle_statistics();
    mlocked_base_ = count_mlocked();
    locked_ = file_.map_read_only();
    if (::mlock(locked_.data(), locked_.size()) != 0) {
      throw_errno("lock the mapping");
    }
    tally_.mlocked_before = settled_mlocked();
    tally_.mapped_before = static_cast<std::int64_t>(count_mapped(locked_));
  }

  void look_at_locked_mapping() {
    tally_.mlocked_after = settled_mlocked();
    tally_.mapped_after = static_cast<std::int64_t>(count_mapped(locked_));
    touch_pages(locked_);
    tally_.mlocked_touched = settled_mlocked();
    tally_.mapped_touched = static_cast<std::int64_t>(count_mapped(locked_));
  }

  [[nodiscard]] std::int64_t settled_mlocked() const {
    settle_statistics();
    return count_mlocked() - mlocked_base_;
  }

  /// Pages that hold something else than when the call began.
  [[nodiscard]] std::int64_t count_wrong() const {
    std::int64_t wrong = 0;
    for (std::size_t page = 0; page < plan_.pages; ++page) {
      const bool is_pinned = plan_.pin != "none" && std::ranges::binary_search(chosen_, page);
      wrong += file_.holds(page, is_pinned ? pinned_version : unpinned_version) ? 0 : 1;
    }
    return wrong;
  }

  [[nodiscard]] std::int64_t count_not_zero() const {
    std::int64_t count = 0;
    for (std::size_t page = 0; page < plan_.pages; ++page) {
      count += file_.is_zero(page) ? 0 : 1;
    }
    return count;
  }

  SealPlan plan_;
  SealedFile file_;
  std::vector<std::size_t> chosen_;
  std::unique_ptr<PagePins> pins_;
  Mapping locked_;
  std::int64_t mlocked_base_ = 0;
  bool released_ = false;
  SealTally tally_;
};

}  // namespace

SealTally& SealTally::operator+=(const SealTally& other) {
  for (const auto member :
       {&SealTally::pins_seen,      &SealTally::sealed,        &SealTally::busy,
        &SealTally::other_errors,   &SealTally::relay_turns,   &SealTally::written,
        &SealTally::changed,        &SealTally::own_page,      &SealTally::swapped_out,
        &SealTally::lost,           &SealTally::stale,         &SealTally::mapper_touches,
        &SealTally::mapped_before,  &SealTally::mapped_after,  &SealTally::mapped_touched,
        &SealTally::mlocked_before, &SealTally::mlocked_after, &SealTally::mlocked_touched,
        &SealTally::wrong_content,  &SealTally::mapper_wrong,  &SealTally::no_memory,
        &SealTally::replaced,       &SealTally::failed,        &SealTally::huge_left,
        &SealTally::complaints}) {
    this->*member += other.*member;
  }
  for (const auto member : {&SealTally::call_ns, &SealTally::released_ns, &SealTally::relay_longest_ns}) {
    this->*member = std::max(this->*member, other.*member);
  }
  return *this;
}

SealTally seal_one_file(const SealPlan& plan) {
  if (!plan.elsewhere) {
    return SealRound(plan, new_file(plan))();
  }
  return std::async(std::launch::async,
                    [&plan] {
                      stay_on_cpu(0);
                      MakerElsewhere maker(plan);
                      return SealRound(plan, maker.file())();
                    })
      .get();
}

}  // namespace assay::agent::workloads
