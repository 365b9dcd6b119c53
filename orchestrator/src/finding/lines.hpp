// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::finding {

/// What one printk() left on a line of the console.
struct Message {
  std::string_view text;  ///< without time stamp and caller
  bool stamped = false;
};

/// "[   12.345678][  T42] text" -> "text".
[[nodiscard]] std::string_view without_stamp(std::string_view line);

/// The messages of a line, in order: what stands before the first time stamp, if anything does (a program's
/// prompt, half a line of its output), and what stands behind each.
[[nodiscard]] std::vector<Message> messages_of(std::string_view line);
/// The last of them: the kernel's own words, when it broke into a line.
[[nodiscard]] std::string_view message_of(std::string_view line);

/// "[  T42]" or "[   C1]" behind the last time stamp, where CONFIG_PRINTK_CALLER writes it; "" elsewhere.
[[nodiscard]] std::string_view caller_of(std::string_view line);

/// "foo+0x12/0x80" in a stack frame or a line that names the program counter, of any architecture -> "foo";
/// "" for other lines and for frames of doubtful truth ("? foo+0x12/0x80"). What compilers append (".cold")
/// is not part.
[[nodiscard]] std::string frame_function(std::string_view message);
/// The first "foo+0x12/0x80" in a text, wherever it stands -> "foo".
[[nodiscard]] std::string named_function(std::string_view text);

/// "======" of at least 20.
[[nodiscard]] bool is_ruler(std::string_view message);
[[nodiscard]] bool is_cut_here(std::string_view message);
/// The first line of dump_page().
[[nodiscard]] bool is_page_dump(std::string_view message);
/// Whether a line has the shape of what is inside of reports: frames, registers, addresses, indented tables.
[[nodiscard]] bool looks_reported(std::string_view message);
/// Whether a line may follow the end of an oops and be still of it: the registers again, and what became of
/// the task.
[[nodiscard]] bool is_aftermath(std::string_view message);

}  // namespace assay::finding
