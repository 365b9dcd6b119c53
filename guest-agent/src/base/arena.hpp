// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace assay::agent {

/// One block of memory, taken once, for one FlatBufferBuilder: a builder that would outgrow it ends the
/// program, because whoever fills it must bound what goes in.
class Arena final : public flatbuffers::Allocator {
 public:
  explicit Arena(std::size_t size);
  [[nodiscard]] std::size_t size() const { return size_; }

  std::uint8_t* allocate(std::size_t size) override;
  void deallocate(std::uint8_t* block, std::size_t size) override;
  std::uint8_t* reallocate_downward(std::uint8_t* old, std::size_t old_size, std::size_t new_size,
                                    std::size_t in_use_back, std::size_t in_use_front) override;

 private:
  std::size_t size_;
  std::unique_ptr<std::uint64_t[]> block_;
};

}  // namespace assay::agent
