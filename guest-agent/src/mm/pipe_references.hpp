// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"
#include "mm/sealed_file.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace assay::agent {

/// References that the buffers of a pipe have on pages of a file, or of memory. Processes that fork share the
/// pipe.
class PipeReferences {
 public:
  /// Room for so many pages. Throws.
  PipeReferences(std::size_t pages, std::size_t page_size);

  /// References by splice() from the file, or by vmsplice() from a mapping of it. Throws.
  [[nodiscard]] static PipeReferences by_splice(const SealedFile& file,
                                                const std::vector<std::size_t>& pages);
  [[nodiscard]] static PipeReferences by_vmsplice(const SealedFile& file,
                                                  const std::vector<std::size_t>& pages);

  /// References by vmsplice() from memory of the process, `page_size` bytes after each other. Throws.
  [[nodiscard]] static PipeReferences by_vmsplice(std::span<const std::byte> memory, std::size_t page_size);

  /// Adds a page of the process by vmsplice(). Throws.
  void refer_to(std::span<const std::byte> page) const;

  /// What a reader of the pipe would get now, page after page; it stays in the pipe. Throws.
  [[nodiscard]] std::vector<std::byte> peek() const;
  void release();

 private:
  UniqueFd reader_;
  UniqueFd writer_;
  std::size_t pages_;
  std::size_t page_size_;
};

}  // namespace assay::agent
