// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "mutate/score.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What was found before is not found again.
namespace assay::mutate {

/// What earlier calls with this key left in the folder, in score.json. What those with another left there
/// makes room until one with that key comes again. Errors: usage: a file is no score, and what to do;
/// infrastructure.
[[nodiscard]] Result<std::optional<Score>> score_before(const std::filesystem::path& folder,
                                                        const std::string& key);

/// Takes over what earlier calls with the same key found. What this one did not choose becomes `others`.
void recall(Score& score, Score past);

/// Makes those wait whose fate is what a claim found that is no judge, or none any more.
void doubt(Score& score, const std::string& claim);

/// To the end.
[[nodiscard]] bool was_tried(const Judged& one);

/// The mutant that was tried with this image, or nullptr.
[[nodiscard]] const Judged* tried_with(const std::vector<Judged>& mutants, std::string_view image);

/// The fate of one that has the same image.
void share_fate(Judged& one, const Judged& twin);

/// "that of mm/rmap.c:1986 statement left out"
[[nodiscard]] std::string image_of(const Judged& one);

/// Puts it aside. `image` is whose it has: "the original's", or an image_of().
void put_aside(Judged& one, std::string_view image);

}  // namespace assay::mutate
