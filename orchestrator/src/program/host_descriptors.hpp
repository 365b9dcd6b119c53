// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// A descriptor that others gave, whatever it is, used without blocking and without changing what
/// others see who share it: O_NONBLOCK belongs to the open file, which may be the user's terminal.
namespace assay::program {

class HostDescriptor {
 public:
  /// `mode` is O_RDONLY or O_WRONLY.
  HostDescriptor(const asio::any_io_executor& executor, int fd, int mode);

 protected:
  using Descriptor = asio::posix::stream_descriptor;

  int fd_;
  bool is_socket_ = false;
  /// A second, non-blocking way to it: of pipes and terminals, where it can be opened again.
  std::optional<Descriptor> again_;
  /// Else what tells when it is ready; nothing for files, which always are.
  std::optional<Descriptor> watched_;
};

/// stdin, or what a file named by the user is.
class HostSource : public HostDescriptor {
 public:
  HostSource(const asio::any_io_executor& executor, int fd, std::string name);
  /// 0 at the end. Touches the object no more when its descriptor was closed. Error: infrastructure, it
  /// cannot be read.
  Task<Result<std::size_t>> read(std::string& chunk);

 private:
  std::string name_;
};

/// stdout or stderr.
class HostSink : public HostDescriptor {
 public:
  HostSink(const asio::any_io_executor& executor, int fd, const char* name);
  /// False: nobody reads it any more. Error: infrastructure, it takes no more.
  Task<Result<bool>> write(std::string_view bytes);

 private:
  [[nodiscard]] Result<bool> cannot(int error);

  const char* name_;
  bool unread_ = false;
};

}  // namespace assay::program
