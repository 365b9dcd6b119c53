// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/file_source.hpp"

#include "base/files.hpp"

#include "file_entries.hpp"
#include "frame.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::program {
namespace {

/// The least that is worth to be read.
constexpr std::size_t piece = std::size_t{4} << 10U;

Error cannot(const char* verb, const FileIn& file, int error) {
  return fail(Failure::infrastructure, "cannot {} {}: {}", verb, file.host.string(), errno_text(error));
}

/// Never waits. Of a folder no link is followed: it was none when the folder was looked through.
UniqueFd open_file(const FileIn& file) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = file.verbatim ? RESOLVE_NO_SYMLINKS : 0;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, file.host.c_str(), &how, sizeof how)));
}

}  // namespace

void FileSource::add(link::FileEntry entry, link::Files& batch) {
  used_ += entry.path.size() + entry.target.size() + entry.bytes.size() + wire::entry_cost;
  batch.entries.push_back(std::move(entry));
}

Result<link::Files> FileSource::next() {
  constexpr std::size_t longest_entry = 2 * std::size_t{4096} + wire::entry_cost;  // two paths
  link::Files batch;
  used_ = 0;
  while (used_ + longest_entry + piece < wire::most_bytes && (open_ || at_ < files_.size())) {
    const auto added = open_ ? read_more(batch) : begin(files_[at_], batch);
    if (!added) {
      return added.error();
    }
  }
  batch.end = !open_ && at_ == files_.size();
  return batch;
}

Status FileSource::begin(const FileIn& file, link::Files& batch) {
  ++at_;
  struct stat status{};
  if ((file.verbatim ? ::lstat : ::stat)(file.host.c_str(), &status) != 0) {
    return cannot("open", file, errno);
  }
  // What was named by itself is read: a file, or a disk.
  auto kind = file.verbatim ? wire::kind_of<link::FileKind>(status.st_mode) : link::FileKind::regular;
  if (kind == link::FileKind::regular) {
    open_ = open_file(file);
    if (!open_ || ::fstat(open_.get(), &status) != 0) {
      return cannot("open", file, errno);
    }
    if (!S_ISREG(status.st_mode) && (file.verbatim || !S_ISBLK(status.st_mode))) {
      return fail(Failure::infrastructure, "cannot read {}: it is no file any more", file.host.string());
    }
  }
  link::FileEntry entry{kind, file.guest, status.st_mode & 07777U, wire::mtime_of(status), {}, 0, 0, {}};
  if (file.verbatim && kind != link::FileKind::folder && status.st_nlink > 1) {
    const auto [first, is_new] = names_.try_emplace({status.st_dev, status.st_ino}, file.guest);
    if (!is_new) {
      entry.kind = kind = link::FileKind::hard_link;
      entry.target = first->second;
      open_.reset();
    }
  }
  if (kind == link::FileKind::link) {
    std::error_code error;
    entry.target = fs::read_symlink(file.host, error).string();
    if (error) {
      return cannot("read the link", file, error.value());
    }
  }
  entry.device_major = ::major(status.st_rdev);
  entry.device_minor = ::minor(status.st_rdev);
  add(std::move(entry), batch);
  return {};
}

Status FileSource::read_more(link::Files& batch) {
  link::FileEntry more;
  more.bytes.resize(wire::most_bytes - used_ - wire::entry_cost);
  ssize_t count = -1;
  do {
    count = ::read(open_.get(), more.bytes.data(), more.bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return cannot("read", files_[at_ - 1], errno);
  }
  if (count == 0) {
    open_.reset();
    return {};
  }
  more.bytes.resize(static_cast<std::size_t>(count));
  digest_.add_bytes(more.bytes);
  add(std::move(more), batch);
  return {};
}

}  // namespace assay::program
