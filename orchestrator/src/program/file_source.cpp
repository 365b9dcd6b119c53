// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/file_source.hpp"

#include "base/files.hpp"

#include "frame.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace assay::program {
namespace {

/// What the format adds to an entry, at most.
constexpr std::size_t entry_cost = 128;
/// The least that is worth to be read.
constexpr std::size_t piece = std::size_t{4} << 10U;

Error cannot(const char* verb, const fs::path& path, int error) {
  return fail(Failure::usage, "cannot {} {}: {}", verb, path.string(), errno_text(error));
}

link::FileKind kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return link::FileKind::folder;
    case S_IFLNK:
      return link::FileKind::link;
    case S_IFIFO:
      return link::FileKind::fifo;
    case S_IFSOCK:
      return link::FileKind::socket;
    case S_IFCHR:
      return link::FileKind::character_device;
    case S_IFBLK:
      return link::FileKind::block_device;
    default:
      return link::FileKind::regular;
  }
}

std::int64_t mtime_of(const struct stat& status) {
  constexpr std::int64_t per_s = 1'000'000'000;
  return status.st_mtim.tv_sec * per_s + status.st_mtim.tv_nsec;
}

}  // namespace

void FileSource::add(link::FileEntry entry, link::Files& batch) {
  used_ += entry.path.size() + entry.target.size() + entry.bytes.size() + entry_cost;
  batch.entries.push_back(std::move(entry));
}

Result<link::Files> FileSource::next() {
  constexpr std::size_t longest_entry = 2 * std::size_t{4096} + entry_cost;  // two paths
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
    return cannot("open", file.host, errno);
  }
  // What was named by itself is read, whatever it is.
  auto kind = file.verbatim ? kind_of(status.st_mode) : link::FileKind::regular;
  link::FileEntry entry{kind, file.guest, status.st_mode & 07777U, mtime_of(status), {}, 0, 0, {}};
  if (file.verbatim && kind != link::FileKind::folder && status.st_nlink > 1) {
    const auto [first, is_new] = names_.try_emplace({status.st_dev, status.st_ino}, file.guest);
    if (!is_new) {
      entry.kind = kind = link::FileKind::hard_link;
      entry.target = first->second;
    }
  }
  if (kind == link::FileKind::link) {
    std::error_code error;
    entry.target = fs::read_symlink(file.host, error).string();
    if (error) {
      return cannot("read the link", file.host, error.value());
    }
  }
  if (kind == link::FileKind::regular) {
    open_.reset(::open(file.host.c_str(), O_RDONLY | O_CLOEXEC));
    if (!open_) {
      return cannot("open", file.host, errno);
    }
  }
  entry.device_major = ::major(status.st_rdev);
  entry.device_minor = ::minor(status.st_rdev);
  add(std::move(entry), batch);
  return {};
}

Status FileSource::read_more(link::Files& batch) {
  link::FileEntry more;
  more.bytes.resize(wire::most_bytes - used_ - entry_cost);
  ssize_t count = -1;
  do {
    count = ::read(open_.get(), more.bytes.data(), more.bytes.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return cannot("read", files_[at_ - 1].host, errno);
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
