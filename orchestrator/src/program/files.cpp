// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/files.hpp"

#include "base/files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::program {
namespace {

Error usage(std::string_view text, std::string_view why) {
  return fail(Failure::usage, "cannot understand the file \"{}\": {}", text, why);
}

bool may_read(const fs::path& path) { return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0; }

/// The folder itself and everything below it, in a fixed order.
Result<std::vector<FileIn>> folder_in(const fs::path& folder, const std::string& guest) {
  std::vector<FileIn> files{{folder, guest, true}};
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto below = entry->path().lexically_relative(folder);
    if (fs::is_regular_file(entry->symlink_status()) && !may_read(entry->path())) {
      return fail(Failure::usage, "cannot read {}: {}", entry->path().string(), errno_text(errno));
    }
    files.push_back({entry->path(), (fs::path(guest) / below).string(), true});
  }
  if (error) {
    return fail(Failure::usage, "cannot read the folder {}: {}", folder.string(), error.message());
  }
  std::ranges::sort(files, {}, &FileIn::guest);
  return files;
}

}  // namespace

Result<std::vector<FileIn>> parse_file_in(std::string_view text) {
  const std::size_t colon = text.rfind(":/");
  if (colon == std::string_view::npos || colon == 0) {
    return usage(text, "write HOST:GUEST, where GUEST is an absolute path");
  }
  const fs::path host(text.substr(0, colon));
  std::string guest(text.substr(colon + 1));
  std::error_code error;
  if (!fs::exists(host, error)) {
    return usage(text, fmt::format("{} is not there", host.string()));
  }
  if (!may_read(host)) {
    return usage(text, fmt::format("{}: {}", host.string(), errno_text(errno)));
  }
  if (guest.ends_with('/')) {
    guest += fs::canonical(host, error).filename().string();
  }
  if (fs::is_directory(host, error)) {
    const auto real = fs::canonical(host, error);  // a link to a folder means the folder
    return error ? usage(text, error.message()) : folder_in(real, guest);
  }
  return std::vector<FileIn>{{host, guest}};
}

Result<FileOut> parse_file_out(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !text.starts_with('/') || colon + 1 == text.size()) {
    return usage(text, "write GUEST:HOST, where GUEST is an absolute path");
  }
  FileOut file{std::string(text.substr(0, colon)), fs::path(text.substr(colon + 1))};
  while (file.guest.size() > 1 && file.guest.ends_with('/')) {
    file.guest.pop_back();
  }
  std::error_code error;
  if (text.ends_with('/') || fs::is_directory(file.host, error)) {
    file.host /= fs::path(file.guest).filename();
  }
  if (const auto parent = fs::absolute(file.host, error).parent_path(); !fs::is_directory(parent, error)) {
    return usage(text, fmt::format("the folder {} is not there", parent.string()));
  }
  return file;
}

std::optional<FileIn> program_to_copy(std::string& program, const std::vector<FileIn>& files) {
  std::error_code error;
  const fs::path path(program);
  const bool is_brought = std::ranges::find(files, program, &FileIn::guest) != files.end();
  if (is_brought || program.find('/') == std::string::npos || !fs::is_regular_file(path, error)) {
    return std::nullopt;
  }
  program = path.is_absolute() ? path.lexically_normal().string() : "/" + path.filename().string();
  return FileIn{path, program};
}

}  // namespace assay::program
