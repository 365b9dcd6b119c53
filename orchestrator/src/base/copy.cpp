// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/copy.hpp"

#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace assay {
namespace {

/// copy_file_range() shares blocks where the file system can; between two kinds of file system it refuses.
ssize_t copy_some(int from, int to, off_t& begin, off_t end) {
  off_t there = begin;
  const auto left = static_cast<std::size_t>(end - begin);
  const auto copied = ::copy_file_range(from, &begin, to, &there, left, 0);
  const bool refused =
      copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS);
  if (!refused) {
    return copied;
  }
  return ::lseek(to, begin, SEEK_SET) < 0 ? -1 : ::sendfile(to, from, &begin, left);
}

/// A part that is no hole.
int copy_part(int from, int to, off_t begin, off_t end) {
  while (begin < end) {
    const auto copied = copy_some(from, to, begin, end);
    if (copied <= 0) {
      return copied < 0 ? errno : EIO;
    }
  }
  return 0;
}

}  // namespace

int copy_content(int from, int to, off_t size) {
  for (off_t end = 0; end < size;) {
    const auto begin = ::lseek(from, end, SEEK_DATA);
    if (begin < 0 && errno != ENXIO) {
      return errno;
    }
    if (begin < 0 || begin >= size) {
      break;  // only a hole is left
    }
    end = ::lseek(from, begin, SEEK_HOLE);
    if (end < 0) {
      return errno;
    }
    if (const int error = copy_part(from, to, begin, end < size ? end : size); error != 0) {
      return error;
    }
  }
  if (::lseek(from, 0, SEEK_END) < size) {
    return EIO;
  }
  return ::ftruncate(to, size) == 0 ? 0 : errno;
}

}  // namespace assay
