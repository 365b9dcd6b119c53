// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/interrupt.hpp"
#include "base/process.hpp"
#include "program/streams.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::debugger {

/// A debugger in the terminal of this process, and its guest: as the streams of the guest's program, which
/// are left when the debugger has ended. Two coroutines meet in it: the guest's life, and run().
class Session final : public program::Streams {
 public:
  struct Options {
    std::vector<std::string> command;
    std::unique_ptr<program::Streams> output;  ///< where what the guest's program writes goes
    std::function<void()> on_start = {};       ///< from now on the terminal is the debugger's
  };

  /// `end_guest` is asked when the debugger ends while the guest still boots.
  Session(Options options, Interrupt& end_guest) : options_(std::move(options)), end_guest_(end_guest) {}

  /// The guest is there. begin() does it, too; once is enough.
  void start();
  /// There is no guest, or none any more.
  void no_guest();

  /// Runs the debugger when the guest is there. Nothing when there never was one. When `stop` asks, both end.
  /// Error: infrastructure.
  Task<Result<std::optional<ProcessEnd>>> run(Interrupt& stop);

  Status begin() override;
  Task<Result<bool>> write(link::Stream stream, std::string_view bytes) override {
    return options_.output->write(stream, bytes);
  }
  void on_news(std::function<void()> wake) override { wake_ = std::move(wake); }
  std::optional<Input> input() override { return std::nullopt; }
  std::optional<link::TerminalSize> resized() override { return std::nullopt; }
  [[nodiscard]] bool left() const override { return left_; }
  [[nodiscard]] Status trouble() const override { return {}; }

 private:
  void leave();

  Options options_;
  Interrupt& end_guest_;
  Interrupt known_;  ///< whether there is a guest
  std::function<void()> wake_;
  bool started_ = false;
  bool begun_ = false;
  bool left_ = false;
};

}  // namespace assay::debugger
