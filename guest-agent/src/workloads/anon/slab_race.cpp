// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "contract/context.hpp"
#include "mm/anon_area.hpp"
#include "mm/anon_child.hpp"
#include "mm/cpu_choice.hpp"
#include "mm/frame_flags.hpp"
#include "mm/pagemap.hpp"
#include "workloads/anon/slab_acts.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <new>
#include <stdexcept>
#include <thread>

namespace assay::agent::workloads {
namespace {

/// Frames that follow each other.
struct FrameRun {
  Pfn first{};
  std::vector<std::uint64_t> flags;
};

constexpr std::size_t most_frames = 4096;
constexpr int most_tries = 10'000;
constexpr std::uint64_t race_ns_per_us = 1'000;

/// What the two processes share.
struct RaceBoard {
  std::array<Pfn, most_frames> frames{};
  std::atomic<std::size_t> frame_count{0};  ///< 0: not yet known
  std::atomic<std::int64_t> touches{0};
};

void free_and_touch(const AnonArea& area) {
  ::madvise(area.bytes().data(), area.bytes().size(), MADV_DONTNEED);
  area.write_all(1);
}

/// The frames that pages get when they are freed and touched again and again: mostly the same few.
std::vector<Pfn> usual_frames(const AnonArea& area) {
  constexpr int rounds = 50;
  std::vector<Pfn> frames;
  for (int round = 0; round < rounds; ++round) {
    free_and_touch(area);
    std::ranges::copy(frames_under(area.bytes()), std::back_inserter(frames));
  }
  std::ranges::sort(frames);
  frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
  frames.resize(std::min(frames.size(), most_frames));
  return frames;
}

/// A process that writes to pages and frees them until it is killed. Not a thread: freeing them would
/// interrupt the reader each time, whose CPU may have them in its TLB.
class Toucher {
 public:
  explicit Toucher(const AnonArea& area) : memory_(map_board()), pid_(fork_or_throw()) {
    if (pid_ == 0) {
      touch_for_ever(area);
    }
    for (int tries = 0; board().frame_count == 0 && tries < most_tries; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  Toucher(const Toucher&) = delete;
  Toucher& operator=(const Toucher&) = delete;
  Toucher(Toucher&&) = delete;
  Toucher& operator=(Toucher&&) = delete;
  ~Toucher() { end_child(pid_); }

  [[nodiscard]] std::vector<Pfn> frames() const {
    return {board().frames.begin(), board().frames.begin() + board().frame_count};
  }
  [[nodiscard]] std::int64_t touches() const { return board().touches; }

 private:
  static Mapping map_board() {
    Mapping memory = map_shared(sizeof(RaceBoard));
    new (memory.data()) RaceBoard;
    return memory;
  }
  [[nodiscard]] RaceBoard& board() const {
    return *std::launder(reinterpret_cast<RaceBoard*>(memory_.data()));
  }
  [[noreturn]] void touch_for_ever(const AnonArea& area) const {
    stay_on_cpu(0);
    const auto frames = usual_frames(area);
    std::ranges::copy(frames, board().frames.begin());
    board().frame_count = frames.size();
    for (;;) {
      free_and_touch(area);
      board().touches += static_cast<std::int64_t>(area.pages());
    }
  }

  Mapping memory_;
  pid_t pid_;
};

std::vector<FrameRun> runs_of(const std::vector<Pfn>& frames) {
  std::vector<FrameRun> runs;
  for (const Pfn frame : frames) {
    if (runs.empty() || runs.back().first + runs.back().flags.size() != frame) {
      runs.push_back({.first = frame, .flags = {}});
    }
    runs.back().flags.push_back(0);
  }
  return runs;
}

/// Counts frames that are a slab, and are none when they are looked at again.
void read_run(const FrameFlags& flags, FrameRun& run, SlabTally& sum) {
  flags.read(run.first, run.flags);
  sum.reads += static_cast<std::int64_t>(run.flags.size());
  for (std::size_t index = 0; index < run.flags.size(); ++index) {
    if (has_flag(run.flags.at(index), KPF_SLAB)) {
      const bool is_still = has_flag(flags.of(run.first + index), KPF_SLAB);
      ++(is_still ? sum.slab_twice : sum.flickers);
    }
  }
}

}  // namespace

SlabTally race_with_reader(const SlabPlan& plan) {
  const FrameFlags flags;
  const AnonArea area("small", plan.size);
  SlabTally sum{.pages = static_cast<std::int64_t>(area.pages())};
  const Toucher toucher(area);
  stay_on_cpu(static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)) - 1);
  auto runs = runs_of(toucher.frames());
  if (runs.empty()) {
    throw std::runtime_error("the process that touches pages does not get going");
  }
  const std::uint64_t begin = monotonic_ns();
  const std::uint64_t end = begin + static_cast<std::uint64_t>(plan.duration_ns);
  while (monotonic_ns() < end) {
    for (FrameRun& run : runs) {
      read_run(flags, run, sum);
    }
  }
  sum.reading_us = static_cast<std::int64_t>((monotonic_ns() - begin) / race_ns_per_us);
  sum.touches = toucher.touches();
  return sum;
}

}  // namespace assay::agent::workloads
