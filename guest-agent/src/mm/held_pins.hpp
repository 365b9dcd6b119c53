// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace assay::agent {

/// FOLL_PIN references on memory of this process, taken once and held until this goes.
class HeldPins {
 public:
  HeldPins() = default;
  HeldPins(const HeldPins&) = delete;
  HeldPins& operator=(const HeldPins&) = delete;
  HeldPins(HeldPins&&) = delete;
  HeldPins& operator=(HeldPins&&) = delete;
  virtual ~HeldPins() = default;

  /// What is in the pinned pages now, whatever is mapped there. `copy` is as large as the memory. Throws.
  virtual void read(std::span<std::byte> copy) = 0;
  /// Whether write() can.
  [[nodiscard]] virtual bool is_writable() const { return false; }
  /// Fills the pinned pages, as a device would. Throws.
  virtual void write(std::span<const std::byte> bytes);
};

/// "rw", "rw_fast", "ro", "ro_fast": long-term pins of the kernel's test driver, writable or not, with
/// mmap_lock or by GUP-fast; "ring": io_uring's registered buffers, writable.
[[nodiscard]] const std::vector<std::string_view>& pin_kinds();

/// Pins all of the memory. Throws, WorkloadSkip when this kernel has no such pins.
[[nodiscard]] std::unique_ptr<HeldPins> hold_pins(std::string_view kind, std::span<std::byte> memory);

}  // namespace assay::agent
