// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "link/messages.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace assay::program {

/// What a program's stdin, stdout and stderr are at this end.
class Streams {
 public:
  /// Something for the program.
  struct Input {
    std::string bytes;  ///< at most wire::most_bytes
    bool end = false;
  };

  Streams() = default;
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  Streams(Streams&&) = delete;
  Streams& operator=(Streams&&) = delete;
  virtual ~Streams() = default;

  /// The guest is up and the program is about to start. Error: there will be no input as it was wanted.
  virtual Status begin() = 0;

  /// Takes output; suspends while whoever reads it is slow, and then the program waits too. False: nobody
  /// reads it any more, as the program is to be told. Error: it cannot be kept, and the program is ended.
  virtual Task<Result<bool>> write(link::Stream stream, std::string_view bytes) = 0;

  /// Called before and after each run: when there is input, a new size or a wish to leave, `wake` is called.
  virtual void on_news(std::function<void()> wake) = 0;
  /// Input that waits, each piece once; nothing when there is none now.
  virtual std::optional<Input> input() = 0;
  /// A new size of the terminal, once.
  virtual std::optional<link::TerminalSize> resized() = 0;
  /// The user left: the program is to be ended.
  [[nodiscard]] virtual bool left() const = 0;
  /// Error: there is input that cannot be read. The program is to be ended, lest it takes what it got for
  /// all.
  [[nodiscard]] virtual Status trouble() const = 0;
};

}  // namespace assay::program
