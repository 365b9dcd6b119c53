// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/database_files.hpp"

#include "base/files.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>

namespace assay::store {
namespace {

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

Result<DatabaseFiles::File> look_at_one(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT || errno == ENOTDIR
               ? Result<DatabaseFiles::File>(DatabaseFiles::File())
               : fail(Failure::infrastructure, "cannot look at {}: {}", path, errno_text(errno));
  }
  if (S_ISDIR(found.st_mode)) {
    return fail(Failure::infrastructure, "cannot open results database {}: {}", path, errno_text(EISDIR));
  }
  if (!S_ISREG(found.st_mode)) {
    return fail(Failure::usage, "cannot open results database {}: it is {}", path,
                S_ISLNK(found.st_mode) ? "a symbolic link; name the folder that it leads to, with --results"
                                       : "no regular file");
  }
  // Not the time of its status: SQLite sets the owner of a log that it opens as root, also to what it is.
  return DatabaseFiles::File{found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim)};
}

}  // namespace

Result<DatabaseFiles> look_at(const std::filesystem::path& database) {
  DatabaseFiles files;
  DatabaseFiles::File index;
  // The main file first: what goes from the log to it meanwhile is seen when they are looked at again.
  for (const auto& [suffix, file] : {std::pair("", &files.main), std::pair("-wal", &files.log),
                                     std::pair("-journal", &files.journal), std::pair("-shm", &index)}) {
    auto found = look_at_one(database.string() + suffix);
    if (!found) {
      return found.error();
    }
    *file = *found;
  }
  return files;
}

bool is_in_use(const std::filesystem::path& database) {
  struct stat index{};
  if (::lstat((database.string() + "-shm").c_str(), &index) != 0) {
    return false;
  }
  const auto locks = read_file("/proc/locks");
  const auto name = fmt::format(" {:02x}:{:02x}:{} ", major(index.st_dev), minor(index.st_dev), index.st_ino);
  return locks && locks->find(name) != std::string::npos;
}

}  // namespace assay::store
