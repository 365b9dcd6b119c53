// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/follower.hpp"

#include <fcntl.h>
#include <sys/inotify.h>

#include <array>
#include <cerrno>

namespace assay {

Result<Follower> Follower::open(const asio::any_io_executor& executor, const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
  UniqueFd events(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!file || !events || ::inotify_add_watch(events.get(), path.c_str(), IN_MODIFY) < 0) {
    return fail(Failure::infrastructure, "cannot follow {}: {}", path.string(), errno_text(errno));
  }
  asio::posix::stream_descriptor stream(executor, events.release());
  return Follower(std::move(file), std::move(stream));
}

std::string Follower::now() {
  std::string text;
  std::array<char, 1U << 16U> block{};
  ssize_t got = 0;
  while ((got = ::read(file_.get(), block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > 4 * block.size()) {
      break;  // the rest comes with the next call: one caller's memory stays bounded
    }
  }
  return text;
}

Task<std::string> Follower::more() {
  std::array<char, 4096> events{};
  while (true) {
    auto text = now();
    if (!text.empty()) {
      co_return text;
    }
    const auto [error, length] = co_await events_.async_read_some(asio::buffer(events), noexcept_awaitable);
    if (error) {
      co_return std::string();
    }
  }
}

}  // namespace assay
