// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "program/streams.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace assay::program {

/// How this process' stdin, stdout and stderr serve a program.
struct HostStreamsOptions {
  bool input = false;   ///< stdin is passed on
  bool screen = false;  ///< stdin is a terminal that is passed on as it is: keys, sizes; Ctrl-] leaves
  bool quiet = false;   ///< stdout is not passed on
  std::function<void(std::string_view)> on_output;  ///< hears stdout too
};

/// Reads and writes the descriptors 0 to 2 of this process without blocking its one thread. A terminal is in
/// raw mode between begin() and the object's destruction.
[[nodiscard]] std::unique_ptr<Streams> create_host_streams(const asio::any_io_executor& executor,
                                                           HostStreamsOptions options);

/// Puts the terminal back as it was found, if it was changed. For a process that ends at once;
/// async-signal-safe.
void restore_terminal();

/// For the start of a process: a descriptor of 0 to 2 that is closed would else be the next file that is
/// opened. As stdin it is empty then; as stdout or stderr it takes nothing.
void occupy_closed_descriptors();

/// Error: usage, when stdin is nothing that can be read.
[[nodiscard]] Status check_input();

/// Whether stdout and stderr of this process are the same terminal, pipe or file.
[[nodiscard]] bool outputs_are_one();

/// Of the terminal at stdin; 24 by 80 when there is none.
[[nodiscard]] link::TerminalSize terminal_size();

}  // namespace assay::program
