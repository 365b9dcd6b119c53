// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "image/elf_needs.hpp"
#include "image/root_folder.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::image {

/// Where a file is, here and in the guest. The two differ for what lies beside a program ($ORIGIN) that the
/// guest has elsewhere.
struct Place {
  const RootFolder* root = nullptr;
  std::string path;   ///< in the root
  std::string guest;  ///< in the guest
};

/// A program or library, in the order in which the loader loads them.
struct Loaded {
  Place place;
  ElfNeeds elf;
  std::size_t wanted_by = 0;  ///< the index of another, which wants it first; of the program: its own
};

/// Where glibc's loader looks for libraries (ld.so(8)).
class LibrarySearch {
 public:
  /// `library_path` is LD_LIBRARY_PATH of the guest.
  LibrarySearch(const RootFolder& root, Arch arch, std::string_view library_path);

  /// In its order, for a library that `loaded[at]` wants.
  [[nodiscard]] std::vector<Place> places(const std::string& library, const std::vector<Loaded>& loaded,
                                          std::size_t at) const;

 private:
  void add(std::string_view folders, const Place& origin, const std::string& library,
           std::vector<Place>& places) const;
  [[nodiscard]] std::vector<Place> expanded(std::string text, const Place& origin) const;

  const RootFolder& root_;
  std::string library_path_;
  std::map<std::string, std::vector<std::string>> cache_;
  std::vector<std::string> lib_names_;  ///< what $LIB may be
};

}  // namespace assay::image
