// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/page_pins.hpp"

#include "base/clock.hpp"
#include "mm/pipe_references.hpp"
#include "mm/ring_pins.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace assay::agent {
namespace {

using Pages = std::vector<std::size_t>;

class NoHold final : public PagePins {
 public:
  [[nodiscard]] std::size_t bring_to(std::uint64_t /*version*/) override { return 0; }
  [[nodiscard]] bool sees(std::size_t /*place*/, std::uint64_t /*version*/) override { return false; }
  void release() override {}
};

class RingHold final : public PagePins {
 public:
  RingHold(const SealedFile& file, Pages pages) : file_(file), pages_(std::move(pages)) {
    const Mapping map = file.map_writable();
    std::vector<iovec> buffers;
    buffers.reserve(pages_.size());
    for (const std::size_t page : pages_) {
      buffers.push_back({.iov_base = map.data() + page * file.page_size(), .iov_len = file.page_size()});
    }
    pins_.pin(buffers);
  }

  [[nodiscard]] std::size_t bring_to(std::uint64_t version) override {
    std::size_t count = 0;
    for (std::size_t place = 0; place < pages_.size(); ++place) {
      write(place, version);
      count += file_.holds(pages_[place], version) ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] bool is_writable() const override { return true; }
  void write(std::size_t place, std::uint64_t version) override {
    pins_.store(place, file_.image(pages_.at(place), version));
  }
  [[nodiscard]] bool sees(std::size_t place, std::uint64_t version) override {
    std::vector<std::byte> bytes(file_.page_size());
    pins_.load(place, bytes);
    return bytes == file_.image(pages_.at(place), version);
  }
  void release() override { pins_.release(); }

 private:
  const SealedFile& file_;
  Pages pages_;
  RingPins pins_;
};

class PipeHold final : public PagePins {
 public:
  PipeHold(const SealedFile& file, Pages pages, PipeReferences references)
      : file_(file), pages_(std::move(pages)), references_(std::move(references)) {}

  [[nodiscard]] std::size_t bring_to(std::uint64_t version) override {
    for (const std::size_t page : pages_) {
      file_.write(page, version);
    }
    const auto bytes = references_.peek();
    std::size_t count = 0;
    for (std::size_t place = 0; place < pages_.size(); ++place) {
      count += is_version(bytes, place, version) ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] bool sees(std::size_t place, std::uint64_t version) override {
    return is_version(references_.peek(), place, version);
  }
  void release() override { references_.release(); }

 private:
  [[nodiscard]] bool is_version(const std::vector<std::byte>& bytes, std::size_t place,
                                std::uint64_t version) const {
    const auto image = file_.image(pages_.at(place), version);
    return std::equal(image.begin(), image.end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(place * image.size()));
  }

  const SealedFile& file_;
  Pages pages_;
  PipeReferences references_;
};

/// No single reference lives long, yet the pages are never without one.
class Relay final : public PagePins {
 public:
  static constexpr auto turn = std::chrono::milliseconds(20);

  Relay(const SealedFile& file, const Pages& pages)
      : file_(file), pages_(pages), first_(file, pages, PipeReferences::by_splice(file, pages)) {}

  [[nodiscard]] std::size_t bring_to(std::uint64_t version) override { return first_.bring_to(version); }
  [[nodiscard]] bool sees(std::size_t /*place*/, std::uint64_t /*version*/) override { return false; }
  void begin() override {
    held_ = std::make_unique<PipeReferences>(PipeReferences::by_splice(file_, pages_));
    since_ = monotonic_ns();
    first_.release();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void release() override {
    thread_ = {};
    held_.reset();
  }
  [[nodiscard]] std::uint64_t longest_ns() const override { return longest_; }
  [[nodiscard]] std::int64_t turns() const override { return turns_; }

 private:
  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, turn, [&] { return stop.stop_requested(); })) {
      const std::uint64_t begin = monotonic_ns();
      auto next = std::make_unique<PipeReferences>(PipeReferences::by_splice(file_, pages_));
      held_ = std::move(next);
      longest_ = std::max(longest_.load(), monotonic_ns() - since_);
      since_ = begin;
      ++turns_;
    }
  }

  const SealedFile& file_;
  Pages pages_;
  PipeHold first_;
  std::unique_ptr<PipeReferences> held_;
  std::uint64_t since_ = 0;
  std::atomic<std::uint64_t> longest_{0};
  std::atomic<std::int64_t> turns_{0};
  std::jthread thread_;
};

}  // namespace

void PagePins::write(std::size_t /*place*/, std::uint64_t /*version*/) {
  throw std::logic_error("these references cannot write");
}

std::unique_ptr<PagePins> take_pins(std::string_view kind, const SealedFile& file, const Pages& pages) {
  if (kind == "none" || pages.empty()) {
    return std::make_unique<NoHold>();
  }
  if (kind == "ring") {
    return std::make_unique<RingHold>(file, pages);
  }
  if (kind == "relay") {
    return std::make_unique<Relay>(file, pages);
  }
  return std::make_unique<PipeHold>(
      file, pages,
      kind == "splice" ? PipeReferences::by_splice(file, pages) : PipeReferences::by_vmsplice(file, pages));
}

}  // namespace assay::agent
