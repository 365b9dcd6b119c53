// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/kinds.hpp"

#include "base/text.hpp"
#include "finding/characters.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace assay::finding {
namespace {

namespace trait {
constexpr unsigned crash = 1;
constexpr unsigned prelude = 2;
constexpr unsigned listed = 4;
constexpr unsigned panic = 8;
}  // namespace trait

/// A message that begins with one text and contains another.
struct Pattern {
  std::string_view begin = "";
  std::string_view inside = "";
  std::string_view name = "";
  PlaceIn place = PlaceIn::frames;
  unsigned traits = 0;
};

/// As the kernel prints them (kernel/panic.c, kernel/locking/lockdep.c, lib, mm, arch/*/mm/fault.c,
/// arch/*/kernel/traps*.c). The first that fits counts.
constexpr std::array patterns{
    Pattern{"BUG: KASAN: ", "", ""},
    Pattern{"BUG: KCSAN: ", "", "", PlaceIn::nowhere},
    Pattern{"BUG: ", "unable to handle page fault", "page fault", PlaceIn::frames, trait::crash},
    Pattern{"BUG: ", "nable to handle kernel paging request", "page fault", PlaceIn::frames, trait::crash},
    Pattern{"BUG: ", "nable to handle kernel data access", "page fault", PlaceIn::frames, trait::crash},
    Pattern{"BUG: ", "NULL pointer dereference", "NULL pointer dereference", PlaceIn::frames, trait::crash},
    Pattern{"BUG: ", "nable to handle kernel", "", PlaceIn::frames, trait::crash},
    Pattern{"BUG: ", "stack guard page was hit", "stack guard page", PlaceIn::frames, trait::crash},
    Pattern{"BUG: soft lockup", "", "soft lockup", PlaceIn::stall, trait::crash},
    Pattern{"BUG: ", "Watchdog detected LOCKUP", "hard lockup", PlaceIn::stall, trait::crash},
    Pattern{"BUG: workqueue lockup", "", "workqueue lockup", PlaceIn::worker, trait::listed},
    Pattern{"BUG: workqueue leaked ", "", "workqueue leaked lock", PlaceIn::worker},
    Pattern{"BUG: memory leak", "", "memory leak", PlaceIn::leak, trait::prelude},
    Pattern{"BUG: sleeping function called", "", "sleeping function called from invalid context"},
    Pattern{"BUG: scheduling while atomic", "", "scheduling while atomic"},
    Pattern{"BUG: Bad page state", "", "bad page state"},
    Pattern{"BUG: Bad page map", "", "bad page map"},
    Pattern{"BUG: Bad rss-counter", "", "bad rss-counter", PlaceIn::nowhere, trait::listed},
    Pattern{"BUG: Dentry ", "still in use", "dentry still in use"},
    Pattern{"BUG: ", "held lock freed", "held lock freed", PlaceIn::lock},
    Pattern{"BUG: ", "lock held when returning to user space", "lock held when returning", PlaceIn::lock},
    Pattern{"BUG: ", "still has locks held", "still has locks held", PlaceIn::lock},
    Pattern{"BUG: ", "bad unlock balance", "bad unlock balance"},
    Pattern{"BUG: ", "", ""},
    Pattern{"kernel BUG at ", "", "kernel BUG", PlaceIn::frames, trait::crash},
    Pattern{"Kernel BUG at ", "", "kernel BUG", PlaceIn::frames, trait::crash},
    Pattern{"UBSAN: ", "", ""},
    Pattern{"unreferenced object 0x", "", "memory leak", PlaceIn::leak},
    Pattern{"", " blocked for more than ", "hung task", PlaceIn::hung},  // a task's name may hold a line feed
    Pattern{"INFO: task ", " for more than ", "hung task", PlaceIn::hung},
    Pattern{"INFO: rcu_", "", "rcu stall", PlaceIn::stall, trait::listed},
    Pattern{"INFO: trying to register non-static key", "", "non-static key"},
    Pattern{"", "detected hard LOCKUP on cpu", "hard lockup", PlaceIn::stall, trait::crash},
    Pattern{"Unable to handle kernel NULL pointer", "", "NULL pointer dereference", PlaceIn::frames,
            trait::crash},
    Pattern{"Unable to handle kernel paging request", "", "page fault", PlaceIn::frames, trait::crash},
    Pattern{"Unable to handle kernel ", "", "", PlaceIn::frames, trait::crash},
    Pattern{"PANIC: double fault", "", "double fault", PlaceIn::frames, trait::crash},
    Pattern{"Oops: ", "", "", PlaceIn::frames, trait::crash},
    Pattern{"Kernel panic - not syncing: stack-protector", "", "stack-protector", PlaceIn::frames,
            trait::panic},
    Pattern{"Kernel panic - not syncing: corrupted stack end", "", "corrupted stack end", PlaceIn::hung,
            trait::panic},
    Pattern{"Kernel panic - not syncing", "", "", PlaceIn::nowhere, trait::panic},
    Pattern{"unregister_netdevice: waiting for ", " to become free", "unregister_netdevice", PlaceIn::nowhere,
            trait::listed},
    Pattern{"ref_tracker: ", "leaked", "leaked reference"},
    Pattern{"ref_tracker: ", " users at", "leaked reference"},
    Pattern{"ref_tracker: ", "already released", "reference released twice"},
    Pattern{"leaked reference.", "", "leaked reference"},
    Pattern{"VFS: Busy inodes after unmount", "", "busy inodes", PlaceIn::nowhere},
    Pattern{"VFS: Close: file count is ", "", "", PlaceIn::nowhere},
    Pattern{"CFI failure at ", "", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"Slab corruption", "", ""},
    Pattern{"slab error in ", "", ""},
    Pattern{"Kernel unaligned access at ", "", "unaligned access", PlaceIn::frames, trait::listed},
    Pattern{"list_", " corruption", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"list_", "double add", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"page dumped because: VM_", "", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"refcount_t: ", "", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"usercopy: Kernel memory ", " attempt detected", "", PlaceIn::frames,
            trait::crash | trait::prelude},
    Pattern{"detected buffer overflow in ", "", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"", ": detected buffer overflow: ", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"", "data_access_exception: ", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"", "instruction_access_exception: ", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"SUN4V-DTLB: Error at ", "", "", PlaceIn::frames, trait::crash | trait::prelude},
    Pattern{"SUN4V-ITLB: Error at ", "", "", PlaceIn::frames, trait::crash | trait::prelude},
};

/// lockdep's, with "WARNING: " or "INFO: " or brackets before them.
constexpr std::array lock_patterns{
    Pattern{"possible ", " lock", "deadlock", PlaceIn::lock},
    Pattern{"", "lock order detected", "deadlock", PlaceIn::lock},
    Pattern{"inconsistent lock state", "", "inconsistent lock state", PlaceIn::lock},
    Pattern{"suspicious RCU usage", "", "suspicious RCU usage", PlaceIn::rcu},
    Pattern{"suspicious rcu_", "", "suspicious RCU usage", PlaceIn::rcu},
    Pattern{"bad unlock balance", "", "bad unlock balance"},
    Pattern{"bad contention detected", "", "bad contention"},
    Pattern{"held lock freed", "", "held lock freed", PlaceIn::lock},
    Pattern{"lock held when returning to user space", "", "lock held when returning", PlaceIn::lock},
    Pattern{"", "still has locks held", "still has locks held", PlaceIn::lock},
    Pattern{"Nested lock was not taken", "", "nested lock was not taken", PlaceIn::lock},
    Pattern{"Invalid wait context", "", "invalid wait context"},
    Pattern{"kernel stack regs at ", "", "bad stack registers", PlaceIn::nowhere},
    Pattern{"kernel stack frame pointer at ", "", "bad frame pointer", PlaceIn::nowhere},
};

std::optional<Opening> match(std::string_view text, const auto& table) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Pattern& it) {
    return text.starts_with(it.begin) && contains(text.substr(it.begin.size()), it.inside);
  });
  if (found == table.end()) {
    return std::nullopt;
  }
  Opening opening;
  opening.name = found->name;
  opening.place = found->place;
  opening.panic = (found->traits & trait::panic) != 0;
  opening.crash = (found->traits & trait::crash) != 0;
  opening.prelude = (found->traits & trait::prelude) != 0;
  opening.listed = (found->traits & trait::listed) != 0;
  return opening;
}

/// "mm/gup.c:74" at the beginning -> its length.
std::size_t source_line(std::string_view text) {
  const auto space = text.find_first_of(" !");
  const auto place = text.substr(0, space);
  const auto colon = place.rfind(':');
  const bool numbered =
      colon != std::string_view::npos && colon > 0 && colon + 1 < place.size() &&
      std::all_of(place.begin() + static_cast<std::ptrdiff_t>(colon) + 1, place.end(), is_digit);
  return numbered ? place.size() : 0;
}

/// "CPU: 1 PID: 58 at mm/gup.c:74 f+0x98/0x150", older "at mm/gup.c:74 f()", newer "mm/gup.c:74 at
/// f+0x98/0x150, ...".
bool is_warning(std::string_view text) {
  return text.starts_with("CPU: ") || (text.starts_with("at ") && source_line(text.substr(3)) > 0) ||
         (source_line(text) > 0 && text.substr(source_line(text)).starts_with(" at "));
}

std::optional<Opening> warning(std::string_view message) {
  for (const std::string_view word : {"WARNING: ", "INFO: ", "[ INFO: ", "[ BUG: ", "[ WARNING: "}) {
    if (message.starts_with(word)) {
      const auto text = message.substr(word.size());
      if (word == "WARNING: " && is_warning(text)) {
        Opening opening;
        opening.name = "WARNING";
        return opening;
      }
      if (!word.starts_with('[') || trimmed(message).ends_with(']')) {
        return match(text, lock_patterns);
      }
    }
  }
  return std::nullopt;
}

/// "BUG pebble_cache (Tainted: G B): Right Redzone overwritten" of SLUB.
std::optional<Opening> slub(std::string_view message, bool ruled) {
  const auto colon = message.rfind(": ");
  const auto name = message.substr(4, message.find_first_of(" :", 4) - 4);
  if (colon == std::string_view::npos || name.empty() ||
      !(ruled || contains(message.substr(0, colon), "ainted"))) {
    return std::nullopt;
  }
  return Opening();
}

/// The length of "pond(77): " at the beginning, or 0.
std::size_t words_of_task(std::string_view text) {
  const auto end = text.find("): ");
  const auto begin = end == std::string_view::npos ? end : text.rfind('(', end);
  const bool numbered = begin != std::string_view::npos && begin > 0 && begin + 1 < end &&
                        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                                    text.begin() + static_cast<std::ptrdiff_t>(end), is_digit);
  return numbered ? end + 3 : 0;
}

/// die() of all architectures counts: "Oops: 0002 [#1] SMP", "divide error: 0000 [#1]", "pond(77): Dax [#1]".
bool is_die(std::string_view message) {
  const auto at = message.find(" [#");
  if (at == std::string_view::npos) {
    return false;
  }
  const auto count = message.substr(at + 3);
  const auto end = std::find_if_not(count.begin(), count.end(), is_digit);
  if (end == count.begin() || end == count.end() || *end != ']') {
    return false;
  }
  const auto what = message.substr(0, at);
  const auto code = what.substr(what.find_last_of(' ') + 1);
  const bool coded =
      what.ends_with(": " + std::string(code)) && std::all_of(code.begin(), code.end(), is_hexadecimal);
  return coded || what.starts_with("Oops") || contains(what, "Oops: ") || contains(what, " ilc:") ||
         words_of_task(what) > 0;
}

/// "bad pmd" and its relatives of mm/pgtable-generic.c, and swap's.
std::optional<Opening> bad_entry(std::string_view message) {
  Opening opening;
  opening.listed = true;
  opening.place = PlaceIn::nowhere;
  for (const std::string_view level : {"bad pgd", "bad p4d", "bad pud", "bad pmd", "bad pte"}) {
    const auto at = message.find(": " + std::string(level));
    if (at != std::string_view::npos && source_line(message.substr(0, at)) == at) {
      opening.name = level;
      return opening;
    }
  }
  for (const std::string_view swap : {": Bad swap file entry", ": Bad swap offset entry", ": Unused swap"}) {
    if (contains(message, swap) && message.find(' ') > message.find(swap)) {
      opening.name = swap;
      return opening;
    }
  }
  return std::nullopt;
}

std::optional<Opening> recognised(std::string_view message, bool ruled) {
  if (auto opening = warning(message)) {
    return opening;
  }
  if (message.starts_with("BUG ")) {
    return slub(message, ruled);
  }
  if (auto opening = match(message, patterns)) {
    return opening;
  }
  if (auto opening = bad_entry(message)) {
    return opening;
  }
  if (is_die(message)) {
    Opening opening;
    opening.crash = true;
    return opening;
  }
  return std::nullopt;
}

/// "watchdog: BUG: soft lockup" -> "BUG: soft lockup"; the subsystem that speaks stands before it. "" for
/// others.
std::string_view behind_subsystem(std::string_view message) {
  constexpr std::size_t longest = 32;
  const auto colon = message.find(": ");
  if (colon == std::string_view::npos || colon == 0 || colon > longest) {
    return {};
  }
  const auto rest = message.substr(colon + 2);
  const bool speaks =
      rest.starts_with("BUG: ") || rest.starts_with("INFO: rcu_") || rest.starts_with("PANIC: ");
  return speaks ? rest : std::string_view();
}

/// Takes "pond(77): " of sparc64 and "Internal error: ", "Oops: " off, and whatever follows what happened.
std::string words_of_die(std::string_view title) {
  title.remove_prefix(words_of_task(title));
  for (const std::string_view word : {"Internal error: ", "Oops: "}) {
    if (title.starts_with(word) && title.size() > word.size() && !is_digit(title[word.size()])) {
      title.remove_prefix(word.size());
    }
  }
  const auto end = std::min({title.find(", "), title.find(": "), title.find(" [#")});
  return std::string(title.substr(0, end));
}

/// "0x1a2", "22s", and also "ffff888006a5c3c8" or "b21c7", which begin with a letter: an address or a PFN.
bool is_number(std::string_view word) {
  const bool hexadecimal = std::all_of(word.begin(), word.end(), is_hexadecimal);
  return is_digit(word.front()) ||
         (hexadecimal && word.size() >= 4 && std::any_of(word.begin(), word.end(), is_digit));
}

std::string without_numbers(std::string_view title) {
  std::string result;
  while (!title.empty()) {
    const auto end = std::find_if_not(title.begin(), title.end(), is_in_word);
    const auto word = title.substr(0, static_cast<std::size_t>(end - title.begin()));
    if (word.empty()) {
      result += title.front();
      title.remove_prefix(1);
    } else {
      result += is_number(word) ? "#" : word;
      title.remove_prefix(word.size());
    }
  }
  return result;
}

}  // namespace

std::optional<Opening> opening_of(const Message& message, bool ruled) {
  auto opening = recognised(message.text, ruled);
  if (!opening) {
    if (const auto rest = behind_subsystem(message.text); !rest.empty()) {
      opening = recognised(rest, ruled);
      if (opening && opening->name.empty() && !message.stamped) {
        return std::nullopt;  // a program may say "pond: BUG: ..." as well
      }
    }
  }
  if (!opening) {
    return std::nullopt;
  }
  auto title = trimmed(message.text);
  while (title.ends_with(':')) {
    title.remove_suffix(1);
  }
  opening->title = printable(title);
  opening->die = is_die(message.text);
  return opening;
}

std::optional<Opening> opening_in(std::string_view line, bool ruled) {
  for (const auto& message : messages_of(line)) {
    if (auto opening = opening_of(message, ruled)) {
      return opening;
    }
  }
  return std::nullopt;
}

bool is_consequence(std::string_view panic) {
  constexpr std::array causes{"Fatal exception", "panic_on_",      "panic set",
                              "hung_task: ",     "softlockup: ",   "RCU Stall",
                              "Hard LOCKUP",     "Machine halted", "Not continuing"};
  return contains_any(panic, causes);
}

std::string words_of_kind(const Opening& opening) {
  if (!opening.name.empty()) {
    return std::string(opening.name);
  }
  std::string_view title = opening.title;
  if (opening.die) {
    return without_numbers(words_of_die(title));
  }
  if (title.starts_with("BUG ")) {  // SLUB: how tainted the kernel was is no part of it
    const auto end = title.rfind("): ");
    const auto begin = title.find(" (");
    if (end != std::string_view::npos && begin < end) {
      return without_numbers(std::string(title.substr(0, begin)) + std::string(title.substr(end + 1)));
    }
  }
  if (opening.panic) {
    return without_numbers(title.substr(0, title.find('!')));  // "Attempted to kill init! exitcode=..."
  }
  const bool whole = opening.place == PlaceIn::nowhere;
  const auto end =
      whole ? title.size() : std::min({title.find(" in "), title.find(" at "), title.find(" on ")});
  return without_numbers(title.substr(0, end));
}

}  // namespace assay::finding
