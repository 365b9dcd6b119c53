// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

/// Writes one line to whoever listens to the log: what happened, in words of ours, with what it happened to.
/// What a guest or a file says is made printable, and cut. Any thread.
void log_line(std::string_view text);

/// The same, formatted: log_event("guest {}: hello after {}", name, human(time)).
template <class... Values>
void log_event(fmt::format_string<Values...> format, Values&&... values) {
  log_line(fmt::format(format, std::forward<Values>(values)...));
}

/// Somebody who listens to the log for as long as the object lives. Several may.
class LogListener {
 public:
  /// Appends to a file, whole lines with UTC times, each handed to the kernel at once: they survive a kill of
  /// this process. Error: infrastructure, when the file cannot be opened; later failures lose lines only.
  [[nodiscard]] static Result<LogListener> to_file(const std::filesystem::path& file);
  /// Keeps lines in mind, with their times, for write_to(). No more than the last thousand.
  [[nodiscard]] static LogListener in_mind();
  /// Writes what is in mind, and from now on what comes, as to_file() does. Error: infrastructure; then lines
  /// are kept in mind as before.
  [[nodiscard]] Status write_to(const std::filesystem::path& file);
  /// Calls `hear` with each line, one at a time, on the thread that logs.
  [[nodiscard]] static LogListener to(std::function<void(std::string_view)> hear);

 private:
  struct Listening;
  explicit LogListener(std::shared_ptr<Listening> listening) : listening_(std::move(listening)) {}
  std::shared_ptr<Listening> listening_;
};

/// Lets stderr hear the log while it lives, when the variable ASSAY_DEBUG is set.
[[nodiscard]] std::optional<LogListener> debug_log();

}  // namespace assay
