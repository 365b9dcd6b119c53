// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/held_pins.hpp"

#include "base/unique_fd.hpp"
#include "contract/context.hpp"
#include "mm/ring_pins.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <stdexcept>

namespace assay::agent {
namespace {

/// mm/gup_test.h since c77369b437f9 ("mm/gup_test: start/stop/read functionality for PIN LONGTERM
/// test", 6.2); it is no header for user space.
struct PinLongtermTest {
  std::uint64_t addr = 0;
  std::uint64_t size = 0;
  std::uint32_t flags = 0;
};
constexpr auto pin_start = _IOW('g', 7, PinLongtermTest);
constexpr auto pin_read = _IOW('g', 9, std::uint64_t);
constexpr std::uint32_t use_write = 1;
constexpr std::uint32_t use_fast = 2;

constexpr const char* gup_test = "/sys/kernel/debug/gup_test";

/// Closing the file gives the pins back, also in 6.2 and later.
class DriverPins final : public HeldPins {
 public:
  DriverPins(std::span<std::byte> memory, std::uint32_t flags) : fd_(::open(gup_test, O_RDWR | O_CLOEXEC)) {
    if (!fd_) {
      throw WorkloadSkip("this kernel has no " + std::string(gup_test) + " (CONFIG_GUP_TEST)");
    }
    const PinLongtermTest test{
        .addr = reinterpret_cast<std::uintptr_t>(memory.data()), .size = memory.size(), .flags = flags};
    if (::ioctl(fd_.get(), pin_start, &test) != 0) {
      if (errno == EINVAL || errno == ENOTTY) {
        throw WorkloadSkip("this kernel's test driver cannot hold pins: 6.2 and later can");
      }
      throw_errno("pin memory");
    }
  }

  void read(std::span<std::byte> copy) override {
    const auto to = reinterpret_cast<std::uintptr_t>(copy.data());
    if (::ioctl(fd_.get(), pin_read, &to) != 0) {
      throw_errno("read through pins");
    }
  }

 private:
  UniqueFd fd_;
};

class BufferPins final : public HeldPins {
 public:
  explicit BufferPins(std::span<std::byte> memory) {
    pins_.pin({{.iov_base = memory.data(), .iov_len = memory.size()}});
  }
  BufferPins(const BufferPins&) = delete;
  BufferPins& operator=(const BufferPins&) = delete;
  BufferPins(BufferPins&&) = delete;
  BufferPins& operator=(BufferPins&&) = delete;
  /// Closing a ring gives its pins back some time later: whoever comes next may need the pages.
  ~BufferPins() override {
    try {
      pins_.release();
    } catch (const std::exception&) {
      return;
    }
  }

  void read(std::span<std::byte> copy) override { pins_.load(0, copy); }
  [[nodiscard]] bool is_writable() const override { return true; }
  void write(std::span<const std::byte> bytes) override { pins_.store(0, bytes); }

 private:
  RingPins pins_;
};

}  // namespace

void HeldPins::write(std::span<const std::byte> /*bytes*/) {
  throw std::logic_error("cannot write through these pins: they only read");
}

const std::vector<std::string_view>& pin_kinds() {
  static const std::vector<std::string_view> kinds{"rw", "rw_fast", "ro", "ro_fast", "ring"};
  return kinds;
}

std::unique_ptr<HeldPins> hold_pins(std::string_view kind, std::span<std::byte> memory) {
  if (kind == "ring") {
    return std::make_unique<BufferPins>(memory);
  }
  return std::make_unique<DriverPins>(
      memory, (kind.starts_with("rw") ? use_write : 0) | (kind.ends_with("_fast") ? use_fast : 0));
}

}  // namespace assay::agent
