// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>
#include <boost/system/result.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace assay {

/// Whose mistake an error is, and therefore with which code the program ends (see exit_code.hpp).
/// A guest that misbehaves is never an Error: it is the outcome of a trial.
enum class Failure : std::uint8_t {
  usage,           ///< the user's input: a file, an option, a name
  build,           ///< a kernel that does not build (or a patch that does not apply)
  boot,            ///< a kernel that does not boot
  infrastructure,  ///< QEMU, libvirt, the disk, the network of processes around a guest
  interrupted,     ///< the user asked to stop
};

/// An expected failure as a value. The text reads "cannot <verb> <object>: <why>".
class [[nodiscard]] Error {
 public:
  /// What error() of a Result without an error gives.
  Error() = default;
  Error(Failure kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  [[nodiscard]] Failure kind() const { return kind_; }
  [[nodiscard]] const std::string& text() const { return text_; }

  /// The same failure seen from one layer further out: "cannot <action>: <text>".
  [[nodiscard]] Error within(std::string_view action) const {
    return {kind_, fmt::format("cannot {}: {}", action, text_)};
  }

 private:
  Failure kind_ = Failure::infrastructure;
  std::string text_;
};

/// Either a value or an Error. `if (!r) return r.error();` hands a failure on.
template <class T>
using Result = boost::system::result<T, Error>;
using Status = Result<void>;

template <class... Args>
[[nodiscard]] Error fail(Failure kind, fmt::format_string<Args...> text, Args&&... args) {
  return {kind, fmt::format(text, std::forward<Args>(args)...)};
}

/// What Result::value() throws when there is none: a mistake in the program, caught in main.
class UnexpectedError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw UnexpectedError(fmt::format("{} ({}:{})", error.text(), where.file_name(), where.line()));
}

/// The text of an errno value: "No space left on device".
[[nodiscard]] std::string errno_text(int error);

}  // namespace assay
