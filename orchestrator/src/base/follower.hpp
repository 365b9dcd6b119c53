// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/handle.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <filesystem>
#include <string>

namespace assay {

/// Reads a file that another process appends to, woken by inotify: no polling.
class Follower {
 public:
  /// Creates the file when it is not there yet. Error: infrastructure.
  static Result<Follower> open(const asio::any_io_executor& executor, const std::filesystem::path& path);

  /// What was appended since the last call; suspends until there is something. Cancellable: then, and after a
  /// failure, the text is empty.
  Task<std::string> more();

  /// What was appended since the last call, without waiting; may be empty.
  std::string now();

 private:
  Follower(UniqueFd file, asio::posix::stream_descriptor events)
      : file_(std::move(file)), events_(std::move(events)) {}

  UniqueFd file_;
  asio::posix::stream_descriptor events_;
};

}  // namespace assay
