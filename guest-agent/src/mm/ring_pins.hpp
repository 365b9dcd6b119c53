// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/mapping.hpp"

#include <linux/io_uring.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::agent {

/// Long-term writable GUP pins on memory of the process, as io_uring's registered buffers hold them. They
/// outlive the mapping. One thread at a time, but release() may come from another than the last.
class RingPins {
 public:
  static constexpr std::size_t most = 16'384;

  /// Throws WorkloadSkip when this kernel has no io_uring.
  RingPins();

  /// Pins all pages that the buffers touch; at most `most` of them, and once. Throws.
  void pin(const std::vector<iovec>& buffers);
  /// Takes the pins away. Throws.
  void release() const;

  /// Writes to the beginning of a buffer through its pins, whatever is mapped there now. Throws.
  void store(std::size_t buffer, std::span<const std::byte> bytes);
  /// Reads from the beginning of a buffer through its pins. Throws.
  void load(std::size_t buffer, std::span<std::byte> bytes);
  /// Makes one byte of a buffer zero through its pins: a store that nobody sees half done, in one system
  /// call. Throws.
  void clear(std::size_t buffer, std::size_t at);

 private:
  /// What moves between a file and a buffer, and where.
  struct Transfer {
    std::uint8_t operation;
    int fd;
    std::size_t buffer;
    std::size_t at;
    std::size_t size;
  };

  void map_rings();
  void transfer(const Transfer& what);
  [[nodiscard]] std::uint32_t& ring_word(std::uint32_t offset) const;

  io_uring_params parameters_{};
  UniqueFd ring_;
  UniqueFd scratch_;
  UniqueFd zeros_;
  Mapping rings_;
  Mapping entries_;
  std::vector<iovec> buffers_;
};

}  // namespace assay::agent
