// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/handle.hpp"

#include <filesystem>
#include <string>

namespace assay::image {

/// The root of a system, of this one or of one that was unpacked into a folder. The kernel resolves paths and
/// links in it as a process would that has it for its "/": none leads out.
class RootFolder {
 public:
  /// Error: usage, when it is no folder.
  [[nodiscard]] static Result<RootFolder> open(const std::filesystem::path& folder);

  struct Found {
    std::string path;            ///< in the root, without links
    std::filesystem::path host;  ///< the same, from here
    bool is_folder = false;
  };

  /// A file or a folder. Error: usage; its text is only why: "No such file or directory".
  [[nodiscard]] Result<Found> find(const std::string& path) const;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  RootFolder(std::filesystem::path folder, UniqueFd fd) : folder_(std::move(folder)), fd_(std::move(fd)) {}

  std::filesystem::path folder_;
  UniqueFd fd_;
};

}  // namespace assay::image
