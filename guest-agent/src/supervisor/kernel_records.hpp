// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace assay::agent {

/// Tells what the kernel logged from what programs wrote to /dev/kmsg. On a console both look alike; in the
/// log each record has a facility, and 0 is the kernel's alone (devkmsg_write() in kernel/printk/printk.c
/// makes LOG_USER of a program's). No call allocates.
class KernelRecords {
 public:
  KernelRecords();

  /// Sets found[i] when a record of the kernel's holds texts(i). False: the log cannot be read, or its begin
  /// was overwritten, so that what was not found may have been there.
  template <class TextOf>
  bool search(TextOf texts, std::span<std::uint8_t> found) {
    rewind();
    while (next()) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i] == 0 && message_.find(texts(i)) != std::string_view::npos) {
          found[i] = 1;
        }
      }
    }
    return whole_;
  }

 private:
  void rewind();
  /// The next record that the kernel wrote, in message_.
  bool next();
  bool take(std::string_view record);

  UniqueFd fd_;
  std::array<char, 8192>
      record_{};  ///< as long as a record can be (CONSOLE_EXT_LOG_MAX, PRINTKRB_RECORD_MAX)
  std::string_view message_;
  bool first_ = false;
  bool whole_ = false;
};

/// Undoes, in place, what /dev/kmsg does to characters that do not print: "\x0a" is a line feed. Returns the
/// length.
std::size_t unescape(std::span<char> text);

}  // namespace assay::agent
