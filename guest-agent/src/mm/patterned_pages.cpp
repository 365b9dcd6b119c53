// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/patterned_pages.hpp"

#include "base/random.hpp"
#include "contract/context.hpp"
#include "mm/residency.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <span>

namespace assay::agent {
namespace {

Mapping map_anonymous(std::size_t size, const PatternedPages::Layout& layout) {
  const int flags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (layout.at != nullptr ? MAP_FIXED_NOREPLACE : 0);
  void* at = ::mmap(layout.at, size, PROT_READ | PROT_WRITE | layout.protection, flags, -1, 0);
  if (at == MAP_FAILED && errno == EINVAL && layout.protection != 0) {
    throw WorkloadSkip("this machine has no ADI, nor does its kernel have one in software");
  }
  if (at == MAP_FAILED) {
    throw_errno("map memory");
  }
  return {at, size};
}

std::span<std::uint64_t> words_of(std::byte* page, std::size_t page_size) {
  return {reinterpret_cast<std::uint64_t*>(page), page_size / sizeof(std::uint64_t)};
}

}  // namespace

PatternedPages::PatternedPages(std::size_t pages, std::uint64_t seed, const Layout& layout)
    : page_size_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
      stride_(layout.stride == 0 ? page_size_ : layout.stride),
      pages_(pages),
      seed_(seed),
      mapping_(map_anonymous((pages - 1) * stride_ + page_size_, layout)) {
  for (std::size_t index = 0; index < pages; ++index) {
    Random random(seed_, index);
    for (auto& word : words_of(page(index), page_size_)) {
      word = random.next();
    }
  }
}

void PatternedPages::page_out() const {
  if (::madvise(mapping_.data(), mapping_.size(), MADV_PAGEOUT) != 0) {
    throw_errno("page out the mapping");
  }
}

std::int64_t PatternedPages::count_wrong() const {
  std::int64_t wrong = 0;
  for (std::size_t index = 0; index < pages_; index += step_) {
    Random random(seed_, index);
    bool as_written = true;
    for (const std::uint64_t word : words_of(page(index), page_size_)) {
      as_written = word == random.next() && as_written;
    }
    wrong += as_written ? 0 : 1;
  }
  return wrong;
}

std::int64_t PatternedPages::count_swapped() const {
  if (stride_ == page_size_) {
    return static_cast<std::int64_t>(assay::agent::count_swapped(mapping_.bytes()));
  }
  std::int64_t count = 0;
  for (std::size_t index = 0; index < pages_; ++index) {
    count += static_cast<std::int64_t>(assay::agent::count_swapped({page(index), page_size_}));
  }
  return count;
}

void PatternedPages::free_every_second() {
  for (std::size_t index = 1; index < pages_; index += 2) {
    if (::madvise(page(index), page_size_, MADV_DONTNEED) != 0) {
      throw_errno("free a page");
    }
  }
  step_ = 2;
}

void PatternedPages::move_to(std::byte* to) {
  void* at = ::mremap(mapping_.data(), mapping_.size(), mapping_.size(), MREMAP_MAYMOVE | MREMAP_FIXED, to);
  if (at == MAP_FAILED) {
    throw_errno("move the mapping");
  }
  mapping_ = Mapping(at, mapping_.size());  // What it unmaps, at the old address, is not there any more.
}

}  // namespace assay::agent
