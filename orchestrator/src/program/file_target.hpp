// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/handle.hpp"
#include "base/hash.hpp"
#include "base/output.hpp"
#include "base/units.hpp"
#include "link/messages.hpp"
#include "program/files.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::program {

/// What there is to say of a copy that was made, the first ten thousand of each.
struct CopyNotes {
  std::vector<std::string> missing;  ///< "/x could not be read: ..."
  std::vector<std::string> remarks;  ///< "/x is a device, which is not made here"
};

/// What a guest sends as Files, written to where the user wants it: a file, as Output has it, or a folder.
/// The guest is not trusted: nothing is written but below the target, through no link, no devices and no
/// set-user-id bits are made, and what has no end is given up. Errors: infrastructure.
class FileTarget {
 public:
  /// `most` content may come, which is as much as the guest has memory and disks: no file with an end has
  /// more.
  FileTarget(FileOut file, Bytes most);
  FileTarget(const FileTarget&) = delete;
  FileTarget& operator=(const FileTarget&) = delete;
  FileTarget(FileTarget&&) = delete;
  FileTarget& operator=(FileTarget&&) = delete;
  ~FileTarget() = default;

  [[nodiscard]] Status take(const link::FileEntry& entry);
  /// All has come. `sha256` is what the guest says of all content.
  [[nodiscard]] Result<CopyNotes> finish(const std::string& sha256);

 private:
  class NameInFolder;
  struct MadeFolder {
    std::string path;
    std::uint32_t mode = 0;
    std::int64_t mtime_ns = 0;
  };

  Status begin(const link::FileEntry& entry);
  Status begin_root(const link::FileEntry& entry);
  Status make(const link::FileEntry& entry);
  Status make_folder(const link::FileEntry& entry, const NameInFolder& place);
  Status make_special(const link::FileEntry& entry, const NameInFolder& place);
  Status begin_file(const link::FileEntry& entry, const NameInFolder& place);
  Status write(const std::string& bytes);
  Status finish_file();
  [[nodiscard]] Result<NameInFolder> place_of(const std::string& path);
  void remark(std::string text);
  void left_out(const link::FileEntry& entry, std::string_view what);
  void missed(const link::FileEntry& entry);
  [[nodiscard]] std::string guest_path(const std::string& path) const;
  [[nodiscard]] std::string host_path(const std::string& path) const;

  FileOut target_;
  Bytes left_;                              ///< of what may come
  std::optional<Output> single_;            ///< of a file that is not in a folder
  UniqueFd root_;                           ///< of a folder
  UniqueFd file_;                           ///< in it
  std::optional<link::FileEntry> current_;  ///< what is being written, without content
  std::string open_path_;                   ///< of open_folder_
  std::shared_ptr<UniqueFd> open_folder_;   ///< shared with the places in it
  std::vector<MadeFolder> folders_;         ///< made by us
  std::size_t entries_ = 0;
  Hasher digest_;
  CopyNotes notes_;
};

}  // namespace assay::program
