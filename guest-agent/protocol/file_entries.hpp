// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>

/// How both ends put a file into words.
namespace assay::wire {

/// What the format adds to an entry of Files, at most.
inline constexpr std::size_t entry_cost = 128;

/// `Kind` is the type that the end has for it: its enumerators have the names of FileKind.
template <class Kind>
Kind kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return Kind::folder;
    case S_IFLNK:
      return Kind::link;
    case S_IFIFO:
      return Kind::fifo;
    case S_IFSOCK:
      return Kind::socket;
    case S_IFCHR:
      return Kind::character_device;
    case S_IFBLK:
      return Kind::block_device;
    default:
      return Kind::regular;
  }
}

/// Nanoseconds since 1970; the nearest that there is for a time in another age.
inline std::int64_t mtime_of(const struct stat& status) {
  constexpr std::int64_t per_s = 1'000'000'000;
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t seconds = status.st_mtim.tv_sec;
  if (seconds >= Limits::max() / per_s) {
    return Limits::max();
  }
  return seconds <= Limits::min() / per_s ? Limits::min() : seconds * per_s + status.st_mtim.tv_nsec;
}

/// As utimensat() takes it: of the last access, and of the last change.
inline std::array<timespec, 2> times_of(std::int64_t mtime_ns) {
  constexpr std::int64_t per_s = 1'000'000'000;
  const std::int64_t part = (mtime_ns % per_s + per_s) % per_s;
  const timespec time{.tv_sec = mtime_ns / per_s - (mtime_ns % per_s < 0 ? 1 : 0), .tv_nsec = part};
  return {time, time};
}

}  // namespace assay::wire
