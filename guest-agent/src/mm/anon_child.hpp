// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/anon_area.hpp"
#include "mm/frame_flags.hpp"
#include "mm/mapping.hpp"
#include "mm/turns.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace assay::agent {

/// Memory of zeros that this process shares with its children. Throws.
[[nodiscard]] Mapping map_shared(std::size_t size);
/// fork(). Throws.
[[nodiscard]] pid_t fork_or_throw();
/// Waits until a child has ended. Throws unless it ended with 0.
void wait_for_end(pid_t child);
/// Kills a child that has not ended.
void end_child(pid_t child);

/// A copy of this process that has all its pages and does nothing, until this goes.
class SleepingChild {
 public:
  /// Throws.
  SleepingChild();
  SleepingChild(const SleepingChild&) = delete;
  SleepingChild& operator=(const SleepingChild&) = delete;
  SleepingChild(SleepingChild&&) = delete;
  SleepingChild& operator=(SleepingChild&&) = delete;
  ~SleepingChild();

 private:
  pid_t pid_;
};

/// A child of fork() that has the pages of an area, too, as long as this lives: it looks which of them are
/// marked as exclusive, and later writes to them.
class MarkerChild {
 public:
  /// Returns when the child has looked. Throws.
  MarkerChild(const AnonArea& area, const FrameFlags& flags, unsigned marker);
  MarkerChild(const MarkerChild&) = delete;
  MarkerChild& operator=(const MarkerChild&) = delete;
  MarkerChild(MarkerChild&&) = delete;
  MarkerChild& operator=(MarkerChild&&) = delete;
  ~MarkerChild();

  /// Lets the child write to its pages, and waits for its end. Once. Throws.
  void write();

  /// Pages that were marked when it began.
  [[nodiscard]] std::int64_t marked() const { return shared().marked; }
  /// Pages whose frame stayed the same while it wrote to them, and that were marked afterwards.
  [[nodiscard]] std::int64_t in_place() const { return shared().in_place; }
  [[nodiscard]] std::int64_t marked_written() const { return shared().marked_written; }

 private:
  struct Shared {
    std::int64_t marked = 0;
    std::int64_t in_place = 0;
    std::int64_t marked_written = 0;
  };
  [[nodiscard]] Shared& shared() const;
  void be_child(const AnonArea& area, const FrameFlags& flags, unsigned marker);

  Mapping memory_;
  Turns turns_;
  pid_t pid_ = -1;
};

}  // namespace assay::agent
