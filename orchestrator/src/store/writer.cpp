// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/writer.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace assay::store {
namespace {

std::string boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id");
  return text ? std::string(trimmed(*text)) : "";
}

/// When process `pid` started; -1 when there is none, or only its zombie.
std::int64_t start_of(std::int64_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) {
    return -1;
  }
  // "pid (name) state ppid ...": the name may hold anything, so count from its closing parenthesis.
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > text->size()) {
    return -1;
  }
  const auto fields = split(std::string_view(*text).substr(name_end + 2), ' ');
  constexpr std::size_t state = 0;
  constexpr std::size_t start = 19;
  if (fields.size() <= start || fields[state] == "Z" || fields[state] == "X") {
    return -1;
  }
  std::int64_t ticks = -1;
  std::from_chars(fields[start].data(), fields[start].data() + fields[start].size(), ticks);
  return ticks;
}

}  // namespace

Writer this_process() {
  const std::int64_t pid = ::getpid();
  return {pid, start_of(pid), boot_id()};
}

bool alive(const Writer& writer) {
  return writer.pid > 0 && writer.boot == boot_id() && start_of(writer.pid) == writer.start;
}

}  // namespace assay::store
