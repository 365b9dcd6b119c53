// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::agent {

/// Writes a word into one of the kernel's files; what a kernel has not or forbids is left out. Does not
/// allocate.
void write_knob(const char* path, std::string_view text);

/// Has the kernel's hung-task detection look at a worker's tasks well inside of `timeout_ns`: by default it
/// waits for 120 s, longer than most orders last, and looks no more often than that.
void expect_progress_within(std::uint64_t timeout_ns);

/// Prints to the console what all tasks do, which are blocked, which locks are held (where lockdep is there)
/// and where each CPU is.
void show_all_tasks();

}  // namespace assay::agent
