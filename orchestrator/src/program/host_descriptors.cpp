// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/host_descriptors.hpp"

#include "base/handle.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace assay::program {
namespace {

using Descriptor = asio::posix::stream_descriptor;

std::optional<Descriptor> descriptor_of(const asio::any_io_executor& executor, UniqueFd fd) {
  Descriptor descriptor(executor);
  boost::system::error_code error;
  if (fd) {
    descriptor.assign(fd.get(), error);
  }
  if (!fd || error) {
    return std::nullopt;
  }
  static_cast<void>(fd.release());
  return descriptor;
}

/// Readable when the descriptor is ready. Asio makes whatever it waits for non-blocking: this is ours alone.
/// Nothing for what nobody can wait for, nor has to: a device like a file.
UniqueFd watch_on(int fd, int mode) {
  UniqueFd watch(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = mode == O_RDONLY ? EPOLLIN : EPOLLOUT;
  if (watch && ::epoll_ctl(watch.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    watch.reset();
  }
  return watch;
}

/// Whether it was opened for this: /dev/null that stands for a closed descriptor was not.
bool allows(int fd, int mode) {
  const int flags = ::fcntl(fd, F_GETFL);
  const int access = flags & O_ACCMODE;
  return flags >= 0 && (access == mode || access == O_RDWR);
}

}  // namespace

HostDescriptor::HostDescriptor(const asio::any_io_executor& executor, int fd, int mode) : fd_(fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !allows(fd, mode)) {
    return;  // reading or writing says why not
  }
  is_socket_ = S_ISSOCK(status.st_mode);
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
    const auto path = fmt::format("/proc/self/fd/{}", fd);
    again_ =
        descriptor_of(executor, UniqueFd(::open(path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)));
  }
  if (!again_ && !S_ISREG(status.st_mode)) {
    watched_ = descriptor_of(executor, watch_on(fd, mode));
  }
}

HostSource::HostSource(const asio::any_io_executor& executor, int fd, std::string name)
    : HostDescriptor(executor, fd, O_RDONLY), name_(std::move(name)) {}

Task<Result<std::size_t>> HostSource::read(std::string& chunk) {
  const bool is_terminal = ::isatty(fd_) != 0;
  int error = 0;
  if (again_) {
    const auto [why, count] =
        co_await again_->async_read_some(asio::buffer(chunk.data(), chunk.size()), noexcept_awaitable);
    if (!why || why == asio::error::eof || why == asio::error::operation_aborted) {
      co_return count;
    }
    error = why.value();
  }
  while (error == 0) {
    if (watched_) {
      const auto [why] = co_await watched_->async_wait(Descriptor::wait_read, noexcept_awaitable);
      if (why) {
        co_return 0;  // it was closed
      }
    }
    const ssize_t count = is_socket_ ? ::recv(fd_, chunk.data(), chunk.size(), MSG_DONTWAIT)
                                     : ::read(fd_, chunk.data(), chunk.size());
    if (count >= 0) {
      co_return static_cast<std::size_t>(count);
    }
    const bool again = errno == EINTR || (errno == EAGAIN && watched_);
    error = again ? 0 : errno;
  }
  if (is_terminal && error == EIO) {
    co_return 0;  // it hung up
  }
  co_return fail(Failure::infrastructure, "cannot read {}: {}", name_, errno_text(error));
}

HostSink::HostSink(const asio::any_io_executor& executor, int fd, const char* name)
    : HostDescriptor(executor, fd, O_WRONLY), name_(name) {}

Result<bool> HostSink::cannot(int error) {
  if (error == EPIPE || error == ECONNRESET) {
    unread_ = true;
    return false;
  }
  return fail(Failure::infrastructure, "cannot write to {}: {}", name_, errno_text(error));
}

Task<Result<bool>> HostSink::write(std::string_view bytes) {
  if (unread_) {
    co_return false;
  }
  if (again_) {
    const auto [error, length] =
        co_await asio::async_write(*again_, asio::buffer(bytes.data(), bytes.size()), noexcept_awaitable);
    co_return error ? cannot(error.value()) : Result<bool>(true);
  }
  while (!bytes.empty()) {
    if (watched_) {
      const auto [error] = co_await watched_->async_wait(Descriptor::wait_read, noexcept_awaitable);
      if (error) {
        co_return true;  // it was closed
      }
    }
    const ssize_t count = is_socket_ ? ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                     : ::write(fd_, bytes.data(), bytes.size());
    const bool again = count < 0 && (errno == EINTR || (errno == EAGAIN && watched_));
    if (count < 0 && !again) {
      co_return cannot(errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  co_return true;
}

}  // namespace assay::program
