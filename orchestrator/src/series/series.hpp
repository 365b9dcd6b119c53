// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "series/subject.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::series {

/// One patch of a series, its text as patch(1) takes it.
struct SeriesPatch {
  std::string name;            ///< of its file, or "[PATCH 2/5] ..." for one out of an mbox
  std::string text;            ///< unified diff with prose around it, decoded
  std::string subject;         ///< "" when it has none
  bool reverse = false;        ///< to be taken back
  std::filesystem::path file;  ///< where it was read from

  /// For messages: the file, and which patch of it if it holds several.
  [[nodiscard]] std::string where() const;
};

struct SeriesWish {
  bool reverse = false;             ///< all patches taken back, the last one first
  std::optional<Revision> version;  ///< which revision of several: the N of "[PATCH vN ...]"
};

struct Series {
  std::vector<SeriesPatch> patches;  ///< in the order in which they apply
  /// What else lay there and is not used, and which patch comes from which revision: a sentence each.
  std::vector<std::string> notes = {};
};

/// The patches of `place` in the order in which they apply. `place` is one of
/// - a folder with a file `series` that lists patches ('#' starts a comment, as quilt has it);
/// - a folder of *.patch, *.diff, *.mbox or *.eml files, ordered by the numbers in their names;
/// - one patch, or a mail with one;
/// - an mbox, perhaps packed (.gz, .xz): ordered by n/m, cover letters, replies and second copies left out.
/// Error: usage, names the file: it is not there, a patch n/m is missing, several series and no way to
/// choose.
[[nodiscard]] Result<Series> read_series(const std::filesystem::path& place, const SeriesWish& wish = {});

/// All of them taken back, the last one first.
[[nodiscard]] std::vector<SeriesPatch> reversed(std::vector<SeriesPatch> patches);

}  // namespace assay::series
