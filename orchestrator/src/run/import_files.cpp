// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/import_files.hpp"

#include "base/beneath.hpp"
#include "base/copy.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string_view>

namespace assay::run {
namespace {

namespace fs = std::filesystem;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// A regular file that was met: its folder, its name there, and its path below the results folder.
struct Met {
  int folder;
  const char* name;
  fs::path below;
  struct stat status;
};
using Visit = std::function<Status(const Met& file)>;

constexpr int deepest = 16;

Error cannot_take(const fs::path& below, std::string_view why) {
  return fail(Failure::usage, "cannot import {}: {}", printable(below.string()), why);
}

Status walk(UniqueFd folder, const fs::path& below, int depth, const Visit& visit);

Status visit_entry(int folder, const char* name, const fs::path& below, int depth, const Visit& visit) {
  Met met{folder, name, below / name, {}};
  if (::fstatat(folder, name, &met.status, AT_SYMLINK_NOFOLLOW) != 0) {
    return cannot_take(met.below, errno_text(errno));
  }
  if (S_ISREG(met.status.st_mode)) {
    return visit(met);
  }
  if (!S_ISDIR(met.status.st_mode)) {
    return cannot_take(met.below, S_ISLNK(met.status.st_mode) ? "it is a symbolic link"
                                                              : "it is neither a file nor a folder");
  }
  if (depth == deepest) {
    return cannot_take(met.below, "it lies too deep");
  }
  UniqueFd inner(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return inner ? walk(std::move(inner), met.below, depth + 1, visit)
               : cannot_take(met.below, errno_text(errno));
}

Status walk(UniqueFd folder, const fs::path& below, int depth, const Visit& visit) {
  const std::unique_ptr<DIR, CloseFolder> entries(::fdopendir(folder.get()));
  if (entries == nullptr) {
    return cannot_take(below, errno_text(errno));
  }
  const int descriptor = folder.release();  // the stream's now
  errno = 0;
  while (const auto* entry = ::readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    if (auto visited = visit_entry(descriptor, entry->d_name, below, depth, visit); !visited) {
      return visited;
    }
    errno = 0;
  }
  return errno == 0 ? Status() : cannot_take(below, errno_text(errno));
}

/// All files of a run, if it has a folder.
Status each_file(const fs::path& results, const std::string& run, const Visit& visit) {
  const auto below = fs::path("runs") / run;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(results / below, error))) {
    return {};
  }
  auto folder = open_beneath(results, below, Missing::is_an_error);
  return folder ? walk(std::move(*folder), below, 0, visit) : folder.error();
}

Status copy_file(const Met& file, const fs::path& to) {
  auto folder = open_beneath(to, file.below.parent_path(), Missing::is_made);
  if (!folder) {
    return folder.error();
  }
  const UniqueFd from(::openat(file.folder, file.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!from) {
    return cannot_take(file.below, errno_text(errno));
  }
  constexpr unsigned new_mode = 0666;  // less what the umask takes
  const UniqueFd copy(
      ::openat(folder->get(), file.name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, new_mode));
  const int error = copy ? copy_content(from.get(), copy.get(), file.status.st_size) : errno;
  return error == 0 ? Status()
                    : fail(Failure::infrastructure, "cannot copy {} to {}: {}",
                           printable(file.below.string()), to.string(), errno_text(error));
}

}  // namespace

Result<Bytes> size_of_files(const fs::path& from, const std::string& run) {
  constexpr std::uint64_t block = 512;
  std::uint64_t total = 0;
  auto counted = each_file(from, run, [&](const Met& file) -> Status {
    total += static_cast<std::uint64_t>(file.status.st_blocks) * block;
    return {};
  });
  return counted ? Result<Bytes>(Bytes(total)) : counted.error();
}

Status copy_files(const fs::path& from, const fs::path& to, const std::string& run) {
  return each_file(from, run, [&](const Met& file) { return copy_file(file, to); });
}

}  // namespace assay::run
