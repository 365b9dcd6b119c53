// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/place.hpp"

#include "base/text.hpp"
#include "finding/characters.hpp"
#include "finding/functions.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace assay::finding {
namespace {

using Test = bool (*)(std::string_view function);

/// Whether stacks follow that are of earlier: who allocated and freed the memory that a report is about.
/// dump_page() prints those of CONFIG_PAGE_OWNER before the stack of what happened.
bool tells_of_earlier(std::string_view message) {
  constexpr std::array beginnings{"page last allocated ", "page last free ", "Allocated by ", "Freed by ",
                                  "Uninit was ",          "Allocated in ",   "Freed in "};
  return starts_with_any(message, beginnings);
}

/// The functions of all frames, in order.
std::vector<std::string> frames_of(const std::vector<std::string>& lines) {
  std::vector<std::string> frames;
  bool earlier = false;
  for (const auto& line : lines) {
    const auto message = message_of(line);
    auto function = frame_function(message);
    const bool in_stack = !function.empty() || !named_function(message).empty();
    earlier = tells_of_earlier(message) || (earlier && in_stack);
    if (!earlier && !function.empty()) {
      frames.push_back(std::move(function));
    }
  }
  return frames;
}

/// The lines behind the first that contains `mark`; all of them when none does.
std::vector<std::string> behind(const std::vector<std::string>& lines, std::string_view mark) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const auto& line) {
    return message_of(line).find(mark) != std::string_view::npos;
  });
  return found == lines.end() ? lines : std::vector<std::string>(found + 1, lines.end());
}

/// The first that no test names; for reports that have no such, the first that does at least not report.
std::string first_of(const std::vector<std::string>& frames, std::initializer_list<Test> tests) {
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const auto& frame) {
    return std::none_of(tests.begin(), tests.end(), [&](Test test) { return test(frame); });
  });
  if (found != frames.end()) {
    return *found;
  }
  const auto any = std::find_if_not(frames.begin(), frames.end(), reports);
  return any == frames.end() ? std::string() : *any;
}

std::string at_the_lock(const std::vector<std::string>& lines) {
  constexpr std::string_view mark = ", at: ";
  for (const auto& line : lines) {
    const auto message = message_of(line);
    if (const auto at = message.find(mark); at != std::string_view::npos) {
      if (auto function = frame_function(message.substr(at + mark.size()));
          !reports(function) && !serves(function)) {
        return function;
      }
      break;
    }
  }
  return first_of(frames_of(behind(lines, "stack backtrace:")), {reports, serves});
}

std::string of_the_worker(const std::vector<std::string>& lines) {
  for (const std::string_view mark : {"last function: ", "Workqueue: "}) {
    for (const auto& line : lines) {
      const auto message = trimmed(message_of(line));
      if (const auto at = message.find(mark); at != std::string_view::npos) {
        const auto words = split(message.substr(at + mark.size()), ' ');
        return std::string(mark.front() == 'l' || words.size() < 2 ? words.front() : words[1]);
      }
    }
  }
  return {};
}

std::string without_syscall_prefix(std::string name) {
  for (const std::string_view prefix : {"__x64_", "__ia32_", "__arm64_", "__se_", "__do_"}) {
    if (name.starts_with(std::string(prefix) + "sys_")) {
      return name.substr(prefix.size());
    }
  }
  return name;
}

/// What the timer's interrupt found there: below its own frames where they are printed.
Where in_the_stall(std::vector<std::string> lines) {
  for (const std::string_view interrupt : {"apic_timer_interrupt+0x", "tl0_irq", "el1h_64_irq+0x"}) {
    lines = behind(lines, interrupt);
  }
  const auto frames = frames_of(lines);
  Where where;
  where.function = first_of(frames, {reports, serves, reads_rcu});
  const auto entry = std::find_if(frames.begin(), frames.end(), is_entry);
  if (entry != frames.end() && entry != frames.begin()) {
    where.entry = without_syscall_prefix(*(entry - 1));
  }
  if (where.entry == where.function || reports(where.entry) || serves(where.entry)) {
    where.entry.clear();
  }
  return where;
}

Where in_the_frames(const Opening& opening, const std::vector<std::string>& lines) {
  auto frames = frames_of(lines);
  if (auto function = named_function(opening.title); !function.empty()) {
    frames.insert(frames.begin(), std::move(function));
  }
  const bool objects = opening.title.find("lib/debugobjects.c") != std::string::npos;
  Where where;
  where.function =
      objects ? first_of(frames, {reports, serves, tracks_objects}) : first_of(frames, {reports, serves});
  where.direct = !frames.empty() && frames.front() == where.function;
  return where;
}

/// Without what other tasks and CPUs printed in between, where lines say who speaks.
std::vector<std::string> of_one_caller(const std::vector<std::string>& lines) {
  const std::string caller(lines.empty() ? "" : caller_of(lines.front()));
  std::vector<std::string> own;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(own),
               [&](const auto& line) { return caller_of(line) == caller; });
  return own;
}

}  // namespace

Where where_in(const Opening& opening, const std::vector<std::string>& all) {
  Where where;
  const auto lines = opening.place == PlaceIn::stall ? all : of_one_caller(all);
  switch (opening.place) {
    case PlaceIn::nowhere:
      break;
    case PlaceIn::frames:
      return in_the_frames(opening, lines);
    case PlaceIn::stall:
      return in_the_stall(lines);
    case PlaceIn::lock:
      where.function = at_the_lock(lines);
      break;
    case PlaceIn::rcu:
      where.function = first_of(frames_of(behind(lines, "stack backtrace:")), {reports, serves, reads_rcu});
      break;
    case PlaceIn::hung:
      where.function = first_of(frames_of(lines), {reports, waits});
      break;
    case PlaceIn::leak:
      where.function = first_of(frames_of(behind(lines, "backtrace")), {reports, allocates});
      break;
    case PlaceIn::worker:
      where.function = of_the_worker(lines);
      break;
  }
  return where;
}

}  // namespace assay::finding
