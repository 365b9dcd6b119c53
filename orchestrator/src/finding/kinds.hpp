// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "finding/lines.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace assay::finding {

/// Where in a report the function stands that says where it happened.
enum class PlaceIn {
  nowhere,  ///< no function, or the words of the title name all of them
  frames,   ///< the title, the program counter, the stack: the first that is no machinery
  lock,     ///< "..., at: foo+0x12/0x80", of the lock that was taken last
  rcu,      ///< the stack, without what reads under RCU
  stall,    ///< what a timer interrupted
  hung,     ///< the stack, without what waits and schedules
  leak,     ///< the stack, without what allocates
  worker,   ///< the function of the work item
};

/// How a report begins.
struct Opening {
  std::string title;  ///< the kernel's words
  std::string_view
      name;  ///< equal for all wordings of one kind, over versions and architectures; may be empty
  PlaceIn place = PlaceIn::frames;
  bool panic = false;
  bool die =
      false;  ///< "Oops: 0002 [#1]" and its relatives: the second line of many reports, the first of some
  bool crash = false;    ///< a die or a panic of its own may follow
  bool prelude = false;  ///< printed before another opening, which is the better title
  bool listed = false;   ///< several in a row are one
};

/// What `message` opens; `ruled`: it stands below a ruler.
[[nodiscard]] std::optional<Opening> opening_of(const Message& message, bool ruled);
/// The first opening in a line.
[[nodiscard]] std::optional<Opening> opening_in(std::string_view line, bool ruled);

/// Panics that follow from what was reported before: "Fatal exception", "panic_on_warn set".
[[nodiscard]] bool is_consequence(std::string_view panic);

/// What stays of a title on another CPU, at another address, for another task: the words by which two reports
/// are of one kind.
[[nodiscard]] std::string words_of_kind(const Opening& opening);

}  // namespace assay::finding
