// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace assay {

/// Runs one coroutine (and what it started on the same io_context) to its end. Throws what it throws, and
/// when it did not end within `limit`.
template <class T>
T run_on(asio::io_context& io, Task<T> task, Duration limit = std::chrono::seconds(60)) {
  std::optional<T> value;
  std::exception_ptr thrown;
  bool done = false;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T result) {
    thrown = std::move(error);
    value = std::move(result);
    done = true;
    io.stop();
  });
  io.restart();
  io.run_for(limit);
  if (!done) {
    throw std::runtime_error("the coroutine did not end in time");
  }
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return std::move(*value);
}

}  // namespace assay
