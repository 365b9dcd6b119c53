// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/output.hpp"

#include "base/random_name.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace assay {

namespace fs = std::filesystem;

namespace {

constexpr unsigned new_mode = 0666;  // less what the umask takes
constexpr unsigned all_modes = 07777;

/// N where a path means descriptor N of this process (/dev/stdout, /dev/fd/N, links to them), else -1. To
/// open such a path would open the file behind it anew, at its begin; a shell goes on where the descriptor
/// is.
int own_descriptor(fs::path path) {
  constexpr int most_links = 40;
  std::error_code error;
  const auto descriptors = fs::canonical("/proc/self/fd", error);
  for (int followed = 0; followed < most_links; ++followed) {
    const auto folder = fs::canonical(fs::absolute(path, error).parent_path(), error);
    if (error) {
      return -1;
    }
    const auto name = path.filename().string();
    if (folder == descriptors) {
      int number = -1;
      const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
      return wrong == std::errc{} && end == name.data() + name.size() ? number : -1;
    }
    const auto next = fs::read_symlink(folder / name, error);
    if (error) {
      return -1;
    }
    path = folder / next;
  }
  return -1;
}

/// Where a file goes that nobody shall see.
fs::path temporary_folder() {
  const char* wish = std::getenv("TMPDIR");
  return wish != nullptr && *wish != '\0' ? wish : "/tmp";
}

std::string own_path(const UniqueFd& fd) { return fmt::format("/proc/self/fd/{}", fd.get()); }

}  // namespace

Result<UniqueFd> nameless_file() {
  const auto folder = temporary_folder();
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, new_mode));
  if (!fd) {  // not every file system has files without a name
    std::string name = (folder / "assay-XXXXXX").string();
    fd.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) {
      return fail(Failure::infrastructure, "cannot create a temporary file in {}: {}", folder.string(),
                  errno_text(errno));
    }
    ::unlink(name.c_str());
  }
  return fd;
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void end_by_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
}

Failure blame_for_path(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return Failure::usage;
    default:
      return Failure::infrastructure;
  }
}

Error Output::trouble(int error) const {
  if (error == EPIPE && unread_ == Unread::ends_program) {
    end_by_sigpipe();
  }
  if (error == EINTR) {
    return fail(Failure::interrupted, "cannot write {}: interrupted", path_.string());
  }
  if (error == EISDIR) {
    return fail(Failure::usage, "cannot write {}: it is a folder; name a file in it", path_.string());
  }
  return fail(blame_for_path(error), "cannot write {}: {}", path_.string(), errno_text(error));
}

/// It may lie in another folder than the target, on a disk that is full.
Error Output::spool_trouble(int error) const {
  return in_place_
             ? fail(Failure::infrastructure, "cannot write {}: cannot keep it in {} until it is whole: {}",
                    path_.string(), temporary_folder().string(), errno_text(error))
             : trouble(error);
}

Result<Output> Output::open(const fs::path& path, Unread unread) {
  Output output(path == "-" ? fs::path("stdout") : path);
  output.unread_ = unread;
  const int ours = path == "-" ? STDOUT_FILENO : own_descriptor(path);
  if (ours == STDOUT_FILENO) {
    std::fflush(stdout);
  }
  if (ours >= 0) {
    output.direct_.reset(::fcntl(ours, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    return output.direct_ ? Result<Output>(std::move(output)) : output.trouble(errno);
  }
  constexpr int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
  output.target_.reset(::open(path.c_str(), flags));
  struct stat link{};
  if (!output.target_ && errno == ENOENT && ::lstat(path.c_str(), &link) == 0) {
    // It leads to nothing yet. The kernel follows it, so that fs.protected_symlinks counts.
    output.target_.reset(::open(path.c_str(), flags | O_CREAT, new_mode));
    output.made_ = static_cast<bool>(output.target_);
    if (!output.target_ && errno == ENOENT) {
      return fail(Failure::usage,
                  "cannot write {}: it is a link, and the folder that it leads to is not there",
                  path.string());
    }
  }
  if (!output.target_ && errno == ENOENT && !path.has_filename()) {
    return fail(Failure::usage, "cannot write {0}: there is no folder {0}, and no file is named in it",
                path.string());
  }
  if (!output.target_ && errno != ENOENT) {
    return output.trouble(errno);
  }
  fs::path place = path;
  if (output.target_) {
    if (::fstat(output.target_.get(), &output.old_) != 0) {
      return output.trouble(errno);
    }
    if (!S_ISREG(output.old_.st_mode)) {
      output.direct_ = std::move(output.target_);
      return output;
    }
    std::error_code error;
    place = fs::read_symlink(own_path(output.target_), error);
  }
  const auto folder = place.has_parent_path() ? place.parent_path() : fs::path(".");
  output.name_ = place.filename().string();
  output.folder_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!output.folder_ && !output.target_) {
    return errno == ENOENT ? fail(Failure::usage, "cannot write {}: there is no folder {}", path.string(),
                                  folder.string())
                           : output.trouble(errno);
  }
  if (auto ready = output.spool_beside(); !ready) {
    return ready.error();
  }
  return output;
}

Result<Output> Output::open_in(UniqueFd folder, const std::string& name, const fs::path& shown) {
  Output output(shown);
  output.folder_ = std::move(folder);
  output.name_ = name;
  output.target_.reset(
      ::openat(output.folder_.get(), name.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!output.target_ && errno != ENOENT) {
    return errno == ELOOP ? fail(Failure::usage,
                                 "cannot write {}: it is a symbolic link, which is followed "
                                 "only where -o names it",
                                 shown.string())
                          : output.trouble(errno);
  }
  if (output.target_ && (::fstat(output.target_.get(), &output.old_) != 0 || !S_ISREG(output.old_.st_mode))) {
    return fail(Failure::usage, "cannot write {}: it is no regular file", shown.string());
  }
  if (auto ready = output.spool_beside(); !ready) {
    return ready.error();
  }
  return output;
}

/// Where what is not whole yet waits: beside the target, to take its place, if it may.
Status Output::spool_beside() {
  struct stat named{};
  const bool is_there = target_ && folder_ && ::fstatat(folder_.get(), name_.c_str(), &named, 0) == 0 &&
                        named.st_dev == old_.st_dev && named.st_ino == old_.st_ino;
  in_place_ = target_ && (!is_there || old_.st_nlink > 1);
  if (in_place_) {
    return spool_elsewhere();
  }
  spool_.reset(::openat(folder_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, new_mode));
  if (!spool_ && (errno == EOPNOTSUPP || errno == EISDIR)) {
    name_spool();
    spool_.reset(
        ::openat(folder_.get(), spool_name_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, new_mode));
  }
  if (!spool_ && !target_) {
    return trouble(errno);
  }
  if (!spool_ || !keep_mode_and_owner()) {
    return spool_elsewhere();
  }
  return {};
}

Status Output::spool_elsewhere() {
  in_place_ = true;
  auto spool = nameless_file();
  if (!spool) {
    return spool.error().within("write " + path_.string());
  }
  spool_ = std::move(*spool);
  return {};
}

/// Whether what takes the target's place is as that is.
bool Output::keep_mode_and_owner() {
  if (!target_) {
    return true;
  }
  struct stat fresh{};
  if (::fstat(spool_.get(), &fresh) != 0) {
    return false;
  }
  const bool same_owner = fresh.st_uid == old_.st_uid && fresh.st_gid == old_.st_gid;
  return (same_owner || ::fchown(spool_.get(), old_.st_uid, old_.st_gid) == 0) &&
         ::fchmod(spool_.get(), old_.st_mode & all_modes) == 0;
}

void Output::name_spool() { spool_name_ = ".assay-" + random_name(); }

Status Output::put(std::string_view bytes) {
  const int error = write_all(direct_ ? direct_.get() : spool_.get(), bytes);
  return error == 0 ? Status() : direct_ ? trouble(error) : spool_trouble(error);
}

Status Output::set_mode_and_times(unsigned mode, const std::array<timespec, 2>& times) {
  const bool done = direct_ || in_place_ ||
                    (::fchmod(spool_.get(), mode) == 0 && ::futimens(spool_.get(), times.data()) == 0);
  return done ? Status() : trouble(errno);
}

Status Output::close(UniqueFd& fd) const {
  // A network's file system may say only now that it has no space.
  return ::close(fd.release()) == 0 ? Status() : trouble(errno);
}

Status Output::finish() {
  if (direct_) {
    return close(direct_);
  }
  if (in_place_) {
    return copy_in_place();
  }
  if (replace()) {
    made_ = false;
    return close(spool_);
  }
  // Such as a file that something is mounted on, or another's in a sticky folder.
  return target_ ? copy_in_place() : trouble(errno);
}

bool Output::replace() {
  if (spool_name_.empty()) {
    name_spool();
    if (::linkat(AT_FDCWD, own_path(spool_).c_str(), folder_.get(), spool_name_.c_str(), AT_SYMLINK_FOLLOW) !=
        0) {
      spool_name_.clear();
      return false;
    }
  }
  if (::renameat(folder_.get(), spool_name_.c_str(), folder_.get(), name_.c_str()) != 0) {
    return false;
  }
  spool_name_.clear();
  return true;
}

Status Output::copy_in_place() {
  struct stat whole{};
  if (::fstat(spool_.get(), &whole) != 0 || ::lseek(spool_.get(), 0, SEEK_SET) != 0) {
    return spool_trouble(errno);
  }
  // The space first: a full disk shall leave the old file.
  if (whole.st_size > old_.st_size &&
      ::fallocate(target_.get(), FALLOC_FL_KEEP_SIZE, 0, whole.st_size) != 0 && errno == ENOSPC) {
    return trouble(errno);
  }
  std::array<char, 1U << 16U> buffer{};
  while (true) {
    const auto count = ::read(spool_.get(), buffer.data(), buffer.size());
    if (count == 0) {
      break;
    }
    if (count < 0) {
      return spool_trouble(errno);
    }
    const int error = write_all(target_.get(), {buffer.data(), static_cast<std::size_t>(count)});
    if (error != 0) {
      return trouble(error);
    }
  }
  if (::ftruncate(target_.get(), whole.st_size) != 0) {
    return trouble(errno);
  }
  made_ = false;
  return close(target_);
}

Output::~Output() {
  if (folder_ && !spool_name_.empty()) {
    ::unlinkat(folder_.get(), spool_name_.c_str(), 0);
  }
  if (folder_ && made_) {
    ::unlinkat(folder_.get(), name_.c_str(), 0);
  }
}

}  // namespace assay
