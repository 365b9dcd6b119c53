// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace assay::series {

/// "v2.1": the 2 and the 1.
struct Revision {
  unsigned major = 1;
  unsigned minor = 0;
  auto operator<=>(const Revision&) const = default;
  /// "v2" or "v2.1".
  [[nodiscard]] std::string text() const;
};

/// "[PATCH v3 2/5] mm: a title", taken apart.
struct PatchSubject {
  bool is_reply = false;  ///< "Re: ..." and the like
  bool is_patch = false;  ///< the brackets say PATCH or RFC, or n/m
  Revision revision;
  unsigned number = 0;  ///< 2; 0 in a cover letter
  unsigned total = 0;   ///< 5; 0 when there is no n/m
  std::string title;

  [[nodiscard]] bool is_cover_letter() const { return total > 0 && number == 0; }
};

/// "v3", "v2.1", or either without its v.
[[nodiscard]] std::optional<Revision> parse_revision(std::string_view word);

/// Any text is a subject; what is not understood is title.
[[nodiscard]] PatchSubject parse_subject(std::string_view subject);

}  // namespace assay::series
