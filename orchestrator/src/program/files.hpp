// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::program {

/// A file of the host that a guest gets, with its permission bits and its time.
struct FileIn {
  std::filesystem::path host;
  std::string guest;      ///< absolute
  bool verbatim = false;  ///< of a folder: a link stays a link, a FIFO is none to be read
  bool operator==(const FileIn&) const = default;
};

/// A file or folder of the guest that is copied out when the program has ended.
struct FileOut {
  std::string guest;  ///< absolute
  std::filesystem::path host;
  bool operator==(const FileOut&) const = default;
};

/// "HOST:GUEST". A GUEST that ends with "/" is a folder; a HOST that is one is copied with all that is in it,
/// each folder before what is in it. Error: usage, names what is wrong.
[[nodiscard]] Result<std::vector<FileIn>> parse_file_in(std::string_view text);

/// "GUEST:HOST". A HOST that ends with "/" or is a folder gets the file's own name. Error: usage.
[[nodiscard]] Result<FileOut> parse_file_out(std::string_view text);

/// The program on the command line as a file to copy: when it is a path to a file here that `files` does not
/// bring anyway. `program` becomes its path in the guest.
[[nodiscard]] std::optional<FileIn> program_to_copy(std::string& program, const std::vector<FileIn>& files);

}  // namespace assay::program
