// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mm/sealed_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace assay::agent {

/// References on some pages of a file, beside those of page cache and mappings. Destroying it drops them.
class PagePins {
 public:
  PagePins() = default;
  PagePins(const PagePins&) = delete;
  PagePins& operator=(const PagePins&) = delete;
  PagePins(PagePins&&) = delete;
  PagePins& operator=(PagePins&&) = delete;
  virtual ~PagePins() = default;

  /// Brings the pages to this version, and counts those that the file and the holder of the references both
  /// see in it: the references are on pages of the file. Throws.
  [[nodiscard]] virtual std::size_t bring_to(std::uint64_t version) = 0;
  /// Sealing is about to begin.
  virtual void begin() {}

  /// Whether the holder can write. Only then may write() be called: to one page, by its place in the list.
  [[nodiscard]] virtual bool is_writable() const { return false; }
  virtual void write(std::size_t place, std::uint64_t version);
  /// Whether the holder sees this version in a page.
  [[nodiscard]] virtual bool sees(std::size_t place, std::uint64_t version) = 0;

  /// Drops the references; once, from any thread. Throws.
  virtual void release() = 0;

  /// Of pins that are handed over: how long one reference was held at most, in ns, and how often they changed
  /// hands. 0 for others.
  [[nodiscard]] virtual std::uint64_t longest_ns() const { return 0; }
  [[nodiscard]] virtual std::int64_t turns() const { return 0; }
};

/// The kinds, as a parameter names them. "none" holds nothing.
///   ring      long-term writable pins of io_uring's registered buffers
///   vmsplice  vmsplice() of a mapping into a pipe: short-term read-only GUP references
///   splice    splice() from the file into a pipe: references without GUP
///   relay     splice(), but a new pipe takes over every 20 ms, before the old one lets go
/// Throws WorkloadSkip when this kernel does not have it.
[[nodiscard]] std::unique_ptr<PagePins> take_pins(std::string_view kind, const SealedFile& file,
                                                  const std::vector<std::size_t>& pages);

}  // namespace assay::agent
