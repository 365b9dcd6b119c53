// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "unique_fd.hpp"
#include "workloads/sealed_file.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace assay::agent::workloads {

/// References that the buffers of a pipe have on pages. Processes that fork share the pipe.
class PipeReferences {
 public:
  /// Room for so many pages. Throws.
  PipeReferences(std::size_t pages, std::size_t page_size);
  /// Adds a page of this process's memory by vmsplice(): a reference of GUP's, but no pin. Throws.
  void add(std::span<const std::byte> page) const;

  /// References on pages of a file: by splice() from it, or by vmsplice() from a mapping of it. Throws.
  [[nodiscard]] static PipeReferences by_splice(const SealedFile& file,
                                                const std::vector<std::size_t>& pages);
  [[nodiscard]] static PipeReferences by_vmsplice(const SealedFile& file,
                                                  const std::vector<std::size_t>& pages);

  /// What a reader of the pipe would get now, page after page; it stays in the pipe. Throws.
  [[nodiscard]] std::vector<std::byte> peek() const;
  void release();

 private:
  UniqueFd reader_;
  UniqueFd writer_;
  std::size_t pages_;
  std::size_t page_size_;
};

}  // namespace assay::agent::workloads
