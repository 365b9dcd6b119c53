// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/handle.hpp"
#include "base/hash.hpp"
#include "link/messages.hpp"
#include "program/files.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assay::program {

/// Files of the host as the messages that bring them into a guest.
class FileSource {
 public:
  explicit FileSource(std::vector<FileIn> files) : files_(std::move(files)) {}

  /// As much as goes into one message; the last says that it is the end. What is neither a file
  /// nor of a folder was made one before (read_ahead.hpp). Error: infrastructure, names the file.
  [[nodiscard]] Result<link::Files> next();
  /// SHA-256 of all content, once the last message was taken.
  [[nodiscard]] std::string digest() { return digest_.finish(); }

 private:
  Status begin(const FileIn& file, link::Files& batch);
  Status read_more(link::Files& batch);
  void add(link::FileEntry entry, link::Files& batch);

  std::vector<FileIn> files_;
  std::size_t at_ = 0;  ///< of the file that begins next
  UniqueFd open_;       ///< the one before, while there is more of it
  std::size_t used_ = 0;
  Hasher digest_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> names_;  ///< of files that have several
};

}  // namespace assay::program
