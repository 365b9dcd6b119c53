// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <span>
#include <utility>

namespace assay::agent {

/// Owns what mmap() gave.
class Mapping {
 public:
  Mapping() = default;
  /// `at` is not MAP_FAILED.
  Mapping(void* at, std::size_t size) : at_(static_cast<std::byte*>(at)), size_(size) {}
  Mapping(Mapping&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(size_, other.size_);
    return *this;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (at_ != nullptr) {
      ::munmap(at_, size_);
    }
  }

  [[nodiscard]] std::byte* data() const { return at_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<std::byte> bytes() const { return {at_, size_}; }

 private:
  std::byte* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace assay::agent
