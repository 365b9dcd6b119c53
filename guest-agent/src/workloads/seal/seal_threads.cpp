// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads/seal/seal_threads.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

namespace assay::agent::workloads {
namespace {

/// False when it was asked to stop before.
bool sleep_until(std::uint64_t when, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  // steady_clock is CLOCK_MONOTONIC.
  const std::chrono::steady_clock::time_point time{std::chrono::nanoseconds(when)};
  return !wake.wait_until(lock, stop, time, [&] { return stop.stop_requested(); });
}

/// The first word of each page in each version: enough to tell a page that is none of them.
std::vector<std::uint64_t> first_words(const SealedFile& file, std::uint64_t versions) {
  std::vector<std::uint64_t> words;
  for (std::size_t page = 0; page < file.pages(); ++page) {
    for (std::uint64_t version = 0; version < versions; ++version) {
      std::uint64_t word = 0;
      std::memcpy(&word, file.image(page, version).data(), sizeof word);
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace

PinReleaser::PinReleaser(PagePins& pins, std::uint64_t when) {
  if (when == 0) {
    return;
  }
  thread_ = std::jthread([this, &pins, when](const std::stop_token& stop) {
    if (sleep_until(when, stop)) {
      pins.release();
      released_at_ = monotonic_ns();
    }
  });
}

bool PinReleaser::stop() {
  thread_ = {};
  return released_at_ != 0;
}

PinWriter::PinWriter(PagePins& pins, std::size_t count)
    : thread_([this, &pins, count](const std::stop_token& stop) {
        constexpr std::uint64_t first_version = 100;
        for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
          pins.write(i % count, first_version + i);
          ++writes_;
        }
      }) {
  wait_for(static_cast<std::int64_t>(count));
}

void PinWriter::stop() { thread_ = {}; }

void PinWriter::wait_for(std::int64_t writes) const {
  const std::uint64_t deadline = monotonic_ns() + 10 * ns_per_s;
  while (writes_ < writes && monotonic_ns() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

ReadMapper::ReadMapper(const SealedFile& file, std::uint64_t versions)
    : thread_([this, &file, versions, map = file.map_read_only()](const std::stop_token& stop) {
        const auto words = first_words(file, versions);
        while (!stop.stop_requested()) {
          for (std::size_t page = 0; page < file.pages(); ++page) {
            std::uint64_t word = 0;
            std::memcpy(&word, map.data() + page * file.page_size(), sizeof word);
            const auto* first = words.data() + page * versions;
            wrong_ += std::find(first, first + versions, word) == first + versions ? 1 : 0;
            ++touches_;
          }
          ::madvise(map.data(), map.size(), MADV_DONTNEED);
        }
      }) {
  constexpr std::int64_t passes = 10;
  while (touches_ < passes * static_cast<std::int64_t>(file.pages())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void ReadMapper::stop() { thread_ = {}; }

}  // namespace assay::agent::workloads
