// SPDX-License-Identifier: GPL-2.0-or-later
#include "supervisor/kernel_records.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace assay::agent {
namespace {

/// A record's number behind `before`, or -1.
std::int64_t number_in(std::string_view text) {
  std::int64_t value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

KernelRecords::KernelRecords() : fd_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}

void KernelRecords::rewind() {
  first_ = true;
  whole_ = fd_ && ::lseek(fd_.get(), 0, SEEK_SET) == 0;
}

bool KernelRecords::next() {
  while (whole_ || !first_) {
    const ssize_t size = ::read(fd_.get(), record_.data(), record_.size());
    if (size < 0 && errno == EPIPE) {
      whole_ = false;  // overwritten while it was read: goes on with the oldest that is left
      first_ = false;
      continue;
    }
    if (size <= 0) {
      whole_ = whole_ && !first_ && size < 0 && errno == EAGAIN;
      return false;
    }
    if (take({record_.data(), static_cast<std::size_t>(size)})) {
      return true;
    }
  }
  return false;
}

/// "6,1234,5678901,-;text\n", and perhaps lines that begin with a blank.
bool KernelRecords::take(std::string_view record) {
  const auto comma = record.find(',');
  const auto text = record.find(';');
  if (text == std::string_view::npos || comma > text) {
    return false;
  }
  if (first_) {
    first_ = false;
    whole_ = number_in(record.substr(comma + 1)) == 0;
  }
  const auto priority = number_in(record);
  if (priority < 0 || priority >> 3 != 0) {
    return false;
  }
  const auto end = std::min(record.find('\n'), record.size());
  const std::span<char> raw(record_.data() + text + 1, end - text - 1);
  message_ = {raw.data(), unescape(raw)};
  return true;
}

std::size_t unescape(std::span<char> text) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from, ++to) {
    unsigned char value = 0;
    const char* digits = text.data() + from + 2;
    const bool escaped = from + 3 < text.size() && text[from] == '\\' && text[from + 1] == 'x' &&
                         std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    text[to] = escaped ? static_cast<char>(value) : text[from];
    from += escaped ? 3 : 0;
  }
  return to;
}

}  // namespace assay::agent
