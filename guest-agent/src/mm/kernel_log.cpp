// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/kernel_log.hpp"

#include "contract/context.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace assay::agent {

KernelLog::KernelLog() : fd_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (!fd_ || ::lseek(fd_.get(), 0, SEEK_END) < 0) {
    throw WorkloadSkip("cannot read /dev/kmsg");
  }
}

std::vector<std::string> KernelLog::read_new() const {
  std::vector<std::string> lines;
  std::array<char, 8192>
      record{};  // "level,number,time,flags;text\n", and perhaps lines that begin with a blank
  for (;;) {
    const ssize_t size = ::read(fd_.get(), record.data(), record.size());
    if (size < 0 && errno == EPIPE) {
      throw std::runtime_error("cannot follow the kernel's log: it was overwritten before it was read");
    }
    if (size < 0 && errno == EAGAIN) {
      return lines;
    }
    if (size < 0) {
      throw_errno("read /dev/kmsg");
    }
    std::string_view text(record.data(), static_cast<std::size_t>(size));
    text = text.substr(0, text.find('\n'));
    lines.emplace_back(text.substr(text.find(';') + 1));
  }
}

}  // namespace assay::agent
