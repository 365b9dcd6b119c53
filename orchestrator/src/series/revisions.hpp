// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "series/subject.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace assay::series {

/// A message that may be one of a series.
struct Candidate {
  PatchSubject subject;
  bool has_diff = false;
  std::string content;  ///< equal in two copies of one patch, as several lists deliver it
  std::string message_id = {};
  std::string in_reply_to = {};
};

/// Which of the candidates are the series, in its order.
struct Choice {
  std::vector<std::size_t> members;
  /// What else there was and is not used, or where its parts come from: a sentence each, for the user.
  std::vector<std::string> notes;
};

/// Replies, cover letters and second copies do not count. Of several revisions the newest is taken, or
/// `wanted`. One that has only some of the patches is laid over the one before, as b4 does it: v2.1 over v2,
/// and v3 over v2 where each patch of it answers the one that it stands for. Error: usage: no patch at all;
/// patch n/m is missing, has no diff, or is there twice; several series or an incomplete newest revision,
/// with a list of what there is.
[[nodiscard]] Result<Choice> choose_series(std::vector<Candidate> candidates, std::optional<Revision> wanted);

}  // namespace assay::series
