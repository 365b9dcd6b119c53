// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/library_search.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "image/loader_cache.hpp"

#include <utility>

namespace assay::image {
namespace {

std::string replaced(std::string text, std::string_view word, std::string_view by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
    text.replace(at, word.size(), by);
  }
  return text;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

LibrarySearch::LibrarySearch(const RootFolder& root, Arch arch, std::string_view library_path)
    : root_(root),
      library_path_(replaced(std::string(library_path), ";", ":")),
      // Debian's loader looks into the first, others' into the second or third.
      lib_names_{fmt::format("lib/{}-linux-gnu", name_of(arch)), "lib64", "lib"} {
  const auto found = root.find("/etc/ld.so.cache");
  const auto bytes = found ? read_file(found->host) : Result<std::string>(found.error());
  cache_ = read_loader_cache(bytes ? *bytes : std::string());
}

std::vector<Place> LibrarySearch::expanded(std::string text, const Place& origin) const {
  text = replaced(replaced(std::move(text), "${ORIGIN}", "$ORIGIN"), "${LIB}", "$LIB");
  std::vector<Place> places;
  for (const auto& lib : lib_names_) {
    const auto one = replaced(text, "$LIB", lib);
    const bool beside = one.find("$ORIGIN") != std::string::npos;
    places.push_back({beside ? origin.root : &root_, replaced(one, "$ORIGIN", folder_of(origin.path)),
                      replaced(one, "$ORIGIN", folder_of(origin.guest))});
    if (one == text) {
      break;
    }
  }
  return places;
}

void LibrarySearch::add(std::string_view folders, const Place& origin, const std::string& library,
                        std::vector<Place>& places) const {
  for (const auto folder : split(folders, ':')) {
    if (!folder.empty()) {
      for (auto& place : expanded(std::string(folder) + "/" + library, origin)) {
        places.push_back(std::move(place));
      }
    }
  }
}

std::vector<Place> LibrarySearch::places(const std::string& library, const std::vector<Loaded>& loaded,
                                         std::size_t at) const {
  const auto& wanting = loaded[at];
  if (library.find('/') != std::string::npos) {
    return expanded(library, wanting.place);
  }
  std::vector<Place> places;
  if (wanting.elf.runpath.empty()) {
    for (auto one = at;; one = loaded[one].wanted_by) {
      add(loaded[one].elf.rpath, loaded[one].place, library, places);
      if (one == loaded[one].wanted_by) {
        break;
      }
    }
  }
  add(library_path_, loaded.front().place, library, places);
  add(wanting.elf.runpath, wanting.place, library, places);
  if (const auto known = cache_.find(library); known != cache_.end()) {
    for (const auto& path : known->second) {
      places.push_back({&root_, path, path});
    }
  }
  for (const auto& lib : lib_names_) {
    add(fmt::format("/{0}:/usr/{0}", lib), wanting.place, library, places);
  }
  return places;
}

}  // namespace assay::image
