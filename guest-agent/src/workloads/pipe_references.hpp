// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "unique_fd.hpp"
#include "workloads/sealed_file.hpp"

#include <cstddef>
#include <vector>

namespace assay::agent::workloads {

/// References that the buffers of a pipe have on pages of a file.
class PipeReferences {
 public:
  /// References by splice() from the file, or by vmsplice() from a mapping of it. Throws.
  [[nodiscard]] static PipeReferences by_splice(const SealedFile& file,
                                                const std::vector<std::size_t>& pages);
  [[nodiscard]] static PipeReferences by_vmsplice(const SealedFile& file,
                                                  const std::vector<std::size_t>& pages);

  /// What a reader of the pipe would get now, page after page; it stays in the pipe. Throws.
  [[nodiscard]] std::vector<std::byte> peek() const;
  void release();

 private:
  PipeReferences(std::size_t pages, std::size_t page_size);

  UniqueFd reader_;
  UniqueFd writer_;
  std::size_t pages_;
  std::size_t page_size_;
};

}  // namespace assay::agent::workloads
