// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/recall.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "mutate/score_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

namespace assay::mutate {
namespace {

Result<std::optional<Score>> read_score(const fs::path& file) {
  if (!is_there(file)) {
    return std::optional<Score>();
  }
  const auto text = read_file(file);
  if (!text) {
    return text.error();
  }
  auto score = score_from_json(*text);
  if (!score) {
    return fail(Failure::usage, "cannot go on in {}: {}; move {} away, and all mutants are judged anew",
                file.parent_path().string(), score.error().text(), file.filename().string());
  }
  return std::optional(std::move(*score));
}

/// Of a score that makes room; keys are as somebody else's file has them.
std::string name_under(const std::string& key) {
  constexpr std::size_t enough = 12;
  return fmt::format("score-{}.json", sha256(key).substr(0, enough));
}

Status move_to(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return error ? fail(Failure::infrastructure, "cannot rename {} to {}: {}", from.string(),
                      to.filename().string(), error.message())
               : Status();
}

/// As if nobody had built it.
void forget_fate(Judged& one) {
  Judged again;
  again.mutant = std::move(one.mutant);
  again.diff = std::move(one.diff);
  one = std::move(again);
}

/// By their ids.
std::map<std::string, Judged> known_mutants(Score& past) {
  std::map<std::string, Judged> known;
  for (auto* some : {&past.mutants, &past.others.mutants}) {
    for (auto& one : *some) {
      if (one.fate != Fate::waiting) {
        auto id = one.mutant.id;
        known.emplace(std::move(id), std::move(one));
      }
    }
  }
  return known;
}

using Place = std::pair<std::string, unsigned>;

std::map<Place, ScopeLine> known_lines(Score& past) {
  std::map<Place, ScopeLine> known;
  for (auto* some : {&past.lines, &past.others.lines}) {
    for (auto& line : *some) {
      if (line.watched > 0) {
        const Place place(line.file, line.line);
        known.emplace(place, std::move(line));
      }
    }
  }
  return known;
}

void recall_mutants(Score& score, std::map<std::string, Judged> known) {
  for (auto& one : score.mutants) {
    if (auto past = known.extract(one.mutant.id)) {
      auto mutant = std::move(one.mutant);
      one = std::move(past.mapped());
      one.mutant = std::move(mutant);
    }
  }
  for (auto& [id, one] : known) {
    score.others.mutants.push_back(std::move(one));
  }
}

void recall_lines(Score& score, std::map<Place, ScopeLine> known) {
  for (auto& line : score.lines) {
    const auto past = known.extract({line.file, line.line});
    if (past && past.mapped().text == line.text) {
      line.ran = past.mapped().ran;
      line.watched = past.mapped().watched;
    }
  }
  for (auto& [place, line] : known) {
    score.others.lines.push_back(std::move(line));
  }
}

/// Of the chosen mutants with one image the first that was tried stands for all; when none of them was, the
/// first takes over what is known of one that was not chosen.
void choose_among_twins(Score& score) {
  std::map<std::string, std::vector<Judged*>> twins;
  for (auto& one : score.mutants) {
    if (!one.image.empty()) {
      twins[one.image].push_back(&one);
    }
  }
  for (const auto& [image, some] : twins) {
    auto chosen = std::ranges::find_if(some, [](const auto* one) { return was_tried(*one); });
    if (chosen == some.end()) {
      chosen = some.begin();
      if (const auto* other = tried_with(score.others.mutants, image)) {
        share_fate(**chosen, *other);
      } else {
        forget_fate(**chosen);
      }
    }
    for (auto* one : some) {
      if (one != *chosen) {
        put_aside(*one, image_of(**chosen));
      }
    }
  }
}

}  // namespace

Result<std::optional<Score>> score_before(const fs::path& folder, const std::string& key) {
  const auto file = folder / "score.json";
  auto last = read_score(file);
  if (!last || (*last && (**last).key == key)) {
    return last;
  }
  if (*last) {
    if (auto moved = move_to(file, folder / name_under((**last).key)); !moved) {
      return moved.error();
    }
  }
  const auto ours = folder / name_under(key);
  auto past = read_score(ours);
  if (past && *past) {
    if (auto moved = move_to(ours, file); !moved) {
      return moved.error();
    }
  }
  return past;
}

void recall(Score& score, Score past) {
  score.baseline = past.baseline;
  recall_mutants(score, known_mutants(past));
  recall_lines(score, known_lines(past));
  choose_among_twins(score);
}

void doubt(Score& score, const std::string& claim) {
  for (auto& one : score.mutants) {
    if (one.fate == Fate::killed && one.claim == claim) {
      forget_fate(one);
    }
  }
  std::erase_if(score.others.mutants,
                [&](const auto& one) { return one.fate == Fate::killed && one.claim == claim; });
}

bool was_tried(const Judged& one) { return one.fate == Fate::killed || one.fate == Fate::survived; }

const Judged* tried_with(const std::vector<Judged>& mutants, std::string_view image) {
  const auto found =
      std::ranges::find_if(mutants, [&](const auto& one) { return one.image == image && was_tried(one); });
  return found == mutants.end() ? nullptr : &*found;
}

void share_fate(Judged& one, const Judged& twin) {
  auto mutant = std::move(one.mutant);
  auto diff = std::move(one.diff);
  one = twin;
  one.mutant = std::move(mutant);
  one.diff = std::move(diff);
}

std::string image_of(const Judged& one) {
  return fmt::format("that of {}:{} {}", one.mutant.file, one.mutant.line, name_of(one.mutant.op));
}

void put_aside(Judged& one, std::string_view image) {
  one.fate = Fate::same_code;
  one.killer.reset();
  one.claim.clear();
  one.why = fmt::format("its image is {}", image);
  one.trials = 0;
}

}  // namespace assay::mutate
