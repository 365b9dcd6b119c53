// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/mapping.hpp"
#include "mm/ring_pins.hpp"
#include "mm/sealed_file.hpp"

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace assay::agent::workloads {

/// Who stores versions into a file that is being sealed.
enum class OrderWriter : std::uint8_t {
  pins,     ///< io_uring, through registered buffers, for ever
  mapping,  ///< a writable mapping, until it is unmapped; as long as it exists, sealing is refused
};

/// Which versions of each watched page were stored and seen, by two processes. A page begins as ones, and
/// version n makes byte n - 1 zero: each store is larger than the last, and none is seen half done. So what a
/// page holds is how many zeros it begins with.
class OrderBoard {
 public:
  static constexpr std::size_t most_pages = 64;

  /// Between looking for the newest version that anybody saw, and seeing this one: it may not be older. What
  /// a mapping shows, all later readers must see; a read() may still be about the old page.
  void look(std::size_t place, std::size_t bound, std::size_t version, bool is_mapping);
  [[nodiscard]] std::size_t seen(std::size_t place) const { return pages_.at(place).seen; }

  void begin_store(std::size_t place) { ++pages_.at(place).begun; }
  void end_store(std::size_t place) { ++pages_.at(place).done; }
  /// Stores that have returned.
  [[nodiscard]] std::size_t done(std::size_t place) const { return pages_.at(place).done; }

  [[nodiscard]] std::int64_t reads() const { return reads_; }
  /// Pages of which somebody saw an older version than was seen before, or one that nobody had stored.
  [[nodiscard]] std::int64_t went_back() const;
  [[nodiscard]] std::int64_t unwritten() const;

  std::atomic<bool> leave{false};  ///< the writer is to unmap
  std::atomic<bool> over{false};   ///< the call has returned

 private:
  struct Page {
    std::atomic<std::size_t> begun{0};
    std::atomic<std::size_t> done{0};
    std::atomic<std::size_t> seen{0};
    std::atomic<bool> went_back{false};
    std::atomic<bool> unwritten{false};
  };
  std::atomic<std::int64_t> reads_{0};
  std::array<Page, most_pages> pages_{};
};

/// The pages of a file that are pinned and watched: `count` of them, at equal distances.
[[nodiscard]] std::size_t watched_page(const SealedFile& file, std::size_t place, std::size_t count);

/// How many zeros a page begins with.
[[nodiscard]] std::size_t version_of(const std::byte* page, std::size_t size);

/// Where there are several CPUs, the call has the first and the process the second: woken up by the call on
/// one CPU, it would see nothing of it. Throws.
void apart_from_the_call(std::size_t cpu);

/// A process that stores versions and, after each, looks at the page through a read-only mapping of its own.
class OrderProcess {
 public:
  struct Task {
    const SealedFile& file;
    RingPins& pins;
    OrderBoard& board;
    std::size_t count;
    OrderWriter writer;
  };
  /// Returns when it has been over all pages. Throws.
  explicit OrderProcess(const Task& task);
  OrderProcess(const OrderProcess&) = delete;
  OrderProcess& operator=(const OrderProcess&) = delete;
  OrderProcess(OrderProcess&&) = delete;
  OrderProcess& operator=(OrderProcess&&) = delete;
  ~OrderProcess();

  /// Whether its writable mapping is gone; it is as well when the process has died.
  [[nodiscard]] bool has_left() const;
  /// After the board says `over`: waits until it has been over all pages once more. Throws when it failed.
  void finish();

 private:
  UniqueFd told_;
  pid_t pid_ = -1;
};

}  // namespace assay::agent::workloads
