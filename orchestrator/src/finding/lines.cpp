// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/lines.hpp"

#include "base/text.hpp"
#include "finding/characters.hpp"

#include <algorithm>
#include <array>

namespace assay::finding {
namespace {

constexpr std::size_t most_messages = 4;  // in one line

bool is_name(char c) { return is_in_word(c) || c == '.'; }

/// The length of "[   12.345678]" at the beginning, or 0.
std::size_t time_stamp(std::string_view text) {
  if (!text.starts_with('[')) {
    return 0;
  }
  const auto behind = [&](std::size_t at, std::string_view characters) {
    return std::min(text.size(), text.find_first_not_of(characters, at));
  };
  constexpr std::string_view digits = "0123456789";
  const auto seconds = behind(1, " ");
  const auto dot = behind(seconds, digits);
  const auto end = behind(std::min(text.size(), dot + 1), digits);
  const bool stamp = dot > seconds && text.substr(dot).starts_with('.') && end > dot + 1 &&
                     end < text.size() && text[end] == ']';
  return stamp ? end + 1 : 0;
}

std::size_t next_stamp(std::string_view text, std::size_t from) {
  for (auto at = text.find('[', from); at != std::string_view::npos; at = text.find('[', at + 1)) {
    if (time_stamp(text.substr(at)) > 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// "ffff888006a5c3c8" as a word: a register, a pointer. What configures hardware writes 0x before it.
bool has_bare_address(std::string_view text) {
  constexpr std::size_t digits = 16;
  std::size_t run = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_hexadecimal(text[i])) {
      ++run;
      continue;
    }
    const auto begin = i - run;
    const bool word = i == text.size() || !is_name(text[i]);
    if (run == digits && word && (begin == 0 || !is_name(text[begin - 1]))) {
      return true;
    }
    run = 0;
  }
  return false;
}

/// Where "foo+0x12/0x80" has its plus, or npos.
std::size_t offset_in_function(std::string_view text) {
  for (auto at = text.find("+0x"); at != std::string_view::npos; at = text.find("+0x", at + 1)) {
    auto end = at + 3;
    while (end < text.size() && is_hexadecimal(text[end])) {
      ++end;
    }
    if (at > 0 && is_name(text[at - 1]) && text.substr(end).starts_with("/0x")) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// Takes one of the words with which architectures introduce the program counter off, and the addresses that
/// stand before the name of a frame. What is left of a frame begins with its function.
std::string_view without_introduction(std::string_view text) {
  constexpr std::array counters{"RIP: ",     "EIP: ",  "EIP is at ", "IP: ", "TPC: <",         "pc : ",
                                "PC is at ", "epc : ", "NIP: ",      "NIP ", "--- interrupt: "};
  for (const std::string_view counter : counters) {
    if (text.starts_with(counter)) {
      text.remove_prefix(counter.size());
      break;
    }
  }
  if (const auto at = text.find(" at "); at <= 4) {  // "--- interrupt: 700 at foo"
    text.remove_prefix(at + 4);
  }
  while (!text.empty()) {
    text = trimmed(text);
    const auto colon = text.find(':');
    if (text.starts_with('[') || text.starts_with("<IRQ>") || text.starts_with("<EOI>") ||
        text.starts_with("<NMI>")) {
      const auto end = text.find_first_of(text.front() == '[' ? "]" : ">");
      text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? text.size() : end + 1));
    } else if (colon <= 4 &&
               std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_hexadecimal)) {
      text.remove_prefix(colon + 1);  // the code segment: "0010:"
    } else {
      break;
    }
  }
  return text;
}

/// Compilers append ".constprop.0", ".isra.0", ".cold": not the same in each build.
std::string plain(std::string_view name) { return std::string(name.substr(0, name.find('.'))); }

/// How lines inside of reports begin, of those that nothing else gives away.
constexpr std::array reported{"Call Trace",
                              "Call trace",
                              "CPU: ",
                              "Hardware name: ",
                              "Modules linked in",
                              "Tainted: ",
                              "Not tainted",
                              "Code: ",
                              "RIP: ",
                              "Stack:",
                              "task:",
                              "Workqueue: ",
                              "INFO: lockdep",
                              "Preemption",
                              "in_atomic",
                              "preempt_count",
                              "irq event stamp",
                              "hardirqs last",
                              "softirqs last",
                              "page dumped",
                              "page_owner",
                              "page last",
                              "page_type:",
                              "flags: ",
                              "raw: ",
                              "head: ",
                              "memcg:",
                              "aops:",
                              "Allocated ",
                              "Freed ",
                              "The buggy ",
                              "Memory state ",
                              "Read ",
                              "Write ",
                              "Object ",
                              "Redzone ",
                              "Padding ",
                              "Bytes ",
                              "Slab 0x",
                              "read to 0x",
                              "write to 0x",
                              "value changed",
                              "Uninit was ",
                              "stack backtrace:",
                              "backtrace",
                              "other info ",
                              "but task is ",
                              "but there are ",
                              "which lock ",
                              "the existing ",
                              "-> #",
                              "Chain exists ",
                              "locks held by ",
                              "no locks held ",
                              "1 lock held ",
                              "#PF: ",
                              "PGD ",
                              "KASAN: ",
                              "kasan: ",
                              "rcu: ",
                              "NMI backtrace",
                              "Sending NMI ",
                              "Showing ",
                              "TSTATE: ",
                              "TPC: ",
                              "RPC: ",
                              "I7: ",
                              "Caller[",
                              "Instruction ",
                              "comm ",
                              "Kernel Offset: ",
                              "Rebooting in ",
                              "---",
                              "===",
                              ">",
                              "tsk->",
                              "pool ",
                              "workqueue "};

}  // namespace

std::string_view without_stamp(std::string_view line) {
  while (line.starts_with('[')) {
    const auto end = line.find(']');
    const auto inside = line.substr(1, end == std::string_view::npos ? 0 : end - 1);
    const bool stamp =
        !inside.empty() && inside.find_first_not_of(" 0123456789.TC") == std::string_view::npos;
    if (!stamp) {
      return line;
    }
    line.remove_prefix(end + 1);
    if (line.starts_with(' ') && !line.starts_with("  ")) {
      line.remove_prefix(1);
    }
  }
  return line;
}

std::vector<Message> messages_of(std::string_view line) {
  std::vector<Message> messages;
  auto stamp = next_stamp(line, 0);
  if (stamp != 0) {
    messages.push_back({line.substr(0, stamp), false});
  }
  while (stamp != std::string_view::npos && messages.size() < most_messages) {
    const auto next = next_stamp(line, stamp + 1);
    messages.push_back({without_stamp(line.substr(stamp, next - stamp)), true});
    stamp = next;
  }
  return messages;
}

std::string_view message_of(std::string_view line) { return messages_of(line).back().text; }

std::string_view caller_of(std::string_view line) {
  const auto message = messages_of(line).back();
  const auto stamps = line.substr(0, static_cast<std::size_t>(message.text.data() - line.data()));
  const auto begin = stamps.rfind('[');
  const auto end = stamps.rfind(']');
  const bool named = message.stamped && end != std::string_view::npos && begin < end &&
                     stamps.substr(begin, end - begin).find_first_of("TC") != std::string_view::npos;
  return named ? stamps.substr(begin, end - begin) : std::string_view();
}

std::string frame_function(std::string_view message) {
  const auto text = without_introduction(message);
  const auto plus = offset_in_function(text);
  const auto name = text.substr(0, plus);
  if (plus == std::string_view::npos || !std::all_of(name.begin(), name.end(), is_name)) {
    return {};
  }
  return plain(name);
}

std::string named_function(std::string_view text) {
  const auto plus = offset_in_function(text);
  if (plus == std::string_view::npos) {
    return {};
  }
  auto begin = plus;
  while (begin > 0 && is_name(text[begin - 1])) {
    --begin;
  }
  return plain(text.substr(begin, plus - begin));
}

bool is_ruler(std::string_view message) {
  message = trimmed(message);
  return message.size() >= 20 && message.find_first_not_of('=') == std::string_view::npos;
}

bool is_cut_here(std::string_view message) {
  return message.find("-[ cut here ]-") != std::string_view::npos;
}

bool is_page_dump(std::string_view message) {
  return message.starts_with("page:") && message.find("count:") != std::string_view::npos;
}

bool looks_reported(std::string_view message) {
  return message.starts_with(' ') || message.starts_with('\t') || starts_with_any(message, reported) ||
         offset_in_function(message) != std::string_view::npos || has_bare_address(message);
}

bool is_aftermath(std::string_view message) {
  constexpr std::array words{"RIP: ", "Code: ", "note: ", "Disabling lock debugging", "Modules linked in"};
  return starts_with_any(message, words) || has_bare_address(message);
}

}  // namespace assay::finding
