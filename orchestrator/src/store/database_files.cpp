// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/database_files.hpp"

#include "base/handle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

/// Whether a lock of another process than this one lies on the file. Only open(), fcntl() and write() are
/// called.
void tell_locked(const char* path, int pipe) {
  constexpr char yes = 1;
  const int file = ::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct flock any{};
  any.l_type = F_WRLCK;  // which no other lock agrees with
  any.l_whence = SEEK_SET;
  if (file >= 0 && ::fcntl(file, F_GETLK, &any) == 0 && any.l_type != F_UNLCK) {
    static_cast<void>(!::write(pipe, &yes, sizeof yes));
  }
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
  // Who has a database with a log open keeps a lock on its index as long. The kernel is asked for it by a
  // child: it sees the locks of this process too, and does not drop them when it closes the file. /proc/locks
  // would name files by a device that stat() does not give on btrfs and overlayfs, and hides processes of
  // other containers.
  const auto index = database.string() + "-shm";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return false;
  }
  const UniqueFd heard(ends[0]);
  UniqueFd told(ends[1]);
  const auto child = ::_Fork();  // without what other threads and libraries registered for a fork()
  if (child == 0) {
    tell_locked(index.c_str(), told.get());
    ::_exit(0);
  }
  told.reset();
  if (child < 0) {
    return false;
  }
  char answer = 0;
  ssize_t got = -1;
  do {
    got = ::read(heard.get(), &answer, sizeof answer);
  } while (got < 0 && errno == EINTR);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return got > 0;
}

}  // namespace assay::store
