// SPDX-License-Identifier: GPL-2.0-or-later
#include "series/revisions.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace assay::series {
namespace {

/// More are not listed one by one.
constexpr std::size_t most_listed = 8;

/// What belongs together: one revision, one m of n/m. 0: single patches without numbers.
using SeriesKey = std::pair<Revision, unsigned>;

struct Group {
  std::map<unsigned, std::size_t> members;  ///< by number; those without one in their order
  std::map<std::string_view, std::size_t> by_content;
  std::string trouble;                ///< two different patches with one number
  std::map<unsigned, Revision> from;  ///< which revision a member comes from, if not its own
};
using Groups = std::map<SeriesKey, Group>;
using Candidates = std::vector<Candidate>;

bool counts(const Candidate& candidate) {
  const auto& subject = candidate.subject;
  return subject.is_patch && !subject.is_reply && !subject.is_cover_letter() &&
         (candidate.has_diff || subject.total > 0);
}

/// "[PATCH v2.1] x" that answers "[PATCH v2 2/3] x" is patch 2/3.
void number_rerolls(Candidates& candidates) {
  std::unordered_map<std::string_view, const Candidate*> numbered;
  for (const auto& candidate : candidates) {
    if (counts(candidate) && candidate.subject.total > 0 && !candidate.message_id.empty()) {
      numbered.emplace(candidate.message_id, &candidate);
    }
  }
  for (auto& candidate : candidates) {
    const auto answered = numbered.find(candidate.in_reply_to);
    if (answered != numbered.end() && counts(candidate) && candidate.subject.total == 0 &&
        candidate.subject.revision > answered->second->subject.revision) {
      candidate.subject.number = answered->second->subject.number;
      candidate.subject.total = answered->second->subject.total;
    }
  }
}

/// Mails without any tag: what `git format-patch -k` or a hand writes.
std::vector<std::size_t> untagged(const Candidates& candidates) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].has_diff && !candidates[i].subject.is_reply) {
      chosen.push_back(i);
    }
  }
  return chosen;
}

void add_numbered(Group& group, std::size_t index, const Candidates& candidates) {
  const auto& candidate = candidates[index];
  const auto [place, is_new] = group.members.emplace(candidate.subject.number, index);
  const auto& other = candidates[place->second];
  if (is_new || !candidate.has_diff) {
    return;
  }
  if (!other.has_diff) {
    place->second = index;
  } else if (other.content != candidate.content) {
    group.trouble = fmt::format("there are two different patches {}/{}", candidate.subject.number,
                                candidate.subject.total);
  }
}

void add_single(Group& group, std::size_t index, const Candidates& candidates) {
  if (group.by_content.emplace(candidates[index].content, index).second) {
    group.members.emplace(static_cast<unsigned>(group.members.size() + 1), index);
  }
}

Groups grouped(const Candidates& candidates) {
  Groups groups;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& subject = candidates[i].subject;
    if (counts(candidates[i])) {
      auto& group = groups[{subject.revision, subject.total}];
      subject.total > 0 ? add_numbered(group, i, candidates) : add_single(group, i, candidates);
    }
  }
  return groups;
}

std::vector<unsigned> missing_from(const SeriesKey& key, const Group& group) {
  std::vector<unsigned> missing;
  for (unsigned number = 1; number <= key.second; ++number) {
    if (!group.members.contains(number)) {
      missing.push_back(number);
    }
  }
  return missing;
}

/// "patches 3/5 and 4/5 are missing", or "".
std::string numbers_text(const std::vector<unsigned>& numbers, unsigned total, std::string_view one,
                         std::string_view many) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most_listed, numbers.size()); ++i) {
    names.push_back(fmt::format("{}/{}", numbers[i], total));
  }
  if (numbers.size() > most_listed) {
    names.push_back(fmt::format("{} more", numbers.size() - most_listed));
  }
  if (names.empty()) {
    return {};
  }
  return names.size() == 1 ? fmt::format("patch {} {}", names.front(), one)
                           : fmt::format("patches {} {}", listed(names), many);
}

std::string trouble_with(const SeriesKey& key, const Group& group, const Candidates& candidates) {
  if (!group.trouble.empty()) {
    return group.trouble;
  }
  if (const auto missing = missing_from(key, group); !missing.empty()) {
    return numbers_text(missing, key.second, "is missing", "are missing");
  }
  std::vector<unsigned> empty;
  for (const auto& [number, index] : group.members) {
    if (!candidates[index].has_diff) {
      empty.push_back(number);
    }
  }
  return numbers_text(empty, key.second, "has no diff in it", "have no diff in them");
}

/// One line for each group.
std::string list_of(const Groups& groups, const Candidates& candidates) {
  std::string text;
  for (const auto& [key, group] : groups) {
    const auto& [revision, total] = key;
    text += fmt::format("\n  {}: ", revision.text());
    text += total > 0 ? fmt::format("{} of {} patches", group.members.size(), total)
                      : fmt::format("{} without n/m", group.members.size());
    text += fmt::format(", \"{}\"", printable(candidates[group.members.begin()->second].subject.title));
    const auto trouble = trouble_with(key, group, candidates);
    text += trouble.empty() ? "" : "; " + trouble;
  }
  return text;
}

/// Whether the patches of `later` stand for those of `earlier`.
bool lies_over(const SeriesKey& later_key, const Group& later, const SeriesKey& earlier_key,
               const Group& earlier, const Candidates& candidates) {
  if (later_key.second != earlier_key.second) {
    return false;
  }
  if (later_key.first.major == earlier_key.first.major) {
    return true;
  }
  return std::all_of(later.members.begin(), later.members.end(), [&](const auto& member) {
    const auto answered = earlier.members.find(member.first);
    const auto& answer = candidates[member.second].in_reply_to;
    return answered != earlier.members.end() && !answer.empty() &&
           answer == candidates[answered->second].message_id;
  });
}

/// The group with what it lacks from those that it lies over.
Group completed(Groups::const_iterator which, const Groups& groups, const Candidates& candidates) {
  auto group = which->second;
  auto lowest = which;
  for (auto below = which; below != groups.begin() && !missing_from(which->first, group).empty();) {
    --below;
    if (below->first.first == lowest->first.first ||
        !lies_over(lowest->first, lowest->second, below->first, below->second, candidates)) {
      continue;
    }
    for (const auto& [number, index] : below->second.members) {
      if (group.members.emplace(number, index).second) {
        group.from.emplace(number, below->first.first);
      }
    }
    if (group.trouble.empty()) {
      group.trouble = below->second.trouble;
    }
    lowest = below;
  }
  return group;
}

/// "patch 2/3 is of v2.1, patches 1/3 and 3/3 are of v2".
std::string origin_of(const SeriesKey& key, const Group& group) {
  std::map<Revision, std::vector<unsigned>, std::greater<>> by_revision;
  for (const auto& [number, index] : group.members) {
    const auto found = group.from.find(number);
    by_revision[found == group.from.end() ? key.first : found->second].push_back(number);
  }
  std::vector<std::string> parts;
  for (const auto& [revision, numbers] : by_revision) {
    parts.push_back(
        numbers_text(numbers, key.second, "is of " + revision.text(), "are of " + revision.text()));
  }
  return listed(parts);
}

std::string taken_text(const SeriesKey& key, const Group& group, const Groups& all) {
  if (!group.from.empty()) {
    return origin_of(key, group);
  }
  std::set<Revision> others;
  for (const auto& [other, ignored] : all) {
    others.insert(other.first);
  }
  others.erase(key.first);
  std::vector<std::string> names;
  for (const auto& other : others) {
    names.push_back(other.text());
  }
  return names.empty() ? ""
                       : fmt::format("{} is taken; there is {} as well", key.first.text(), listed(names));
}

/// Diffs that are neither of the series, nor of another revision, nor copies.
std::string left_out_text(const std::vector<std::size_t>& chosen, const Candidates& candidates) {
  std::set<std::string_view> known;
  for (const auto index : chosen) {
    known.insert(candidates[index].content);
  }
  std::vector<std::string> names;
  std::size_t more = 0;
  for (const auto& candidate : candidates) {
    if (!candidate.has_diff || counts(candidate) || known.contains(candidate.content)) {
      continue;
    }
    if (names.size() < most_listed) {
      const auto& title = candidate.subject.title;
      names.push_back(fmt::format("\"{}{}\"", candidate.subject.is_reply ? "Re: " : "", printable(title)));
    } else {
      ++more;
    }
  }
  if (more > 0) {
    names.push_back(fmt::format("{} more", more));
  }
  return names.empty() ? "" : "not of the series, and left out, though a diff is in it: " + listed(names);
}

Choice choice_of(std::vector<std::size_t> members, std::string taken, const Candidates& candidates) {
  Choice choice;
  auto left_out = left_out_text(members, candidates);
  choice.members = std::move(members);
  for (auto* note : {&taken, &left_out}) {
    if (!note->empty()) {
      choice.notes.push_back(std::move(*note));
    }
  }
  return choice;
}

Result<Choice> choose_untagged(const Candidates& candidates, bool versioned) {
  auto chosen = untagged(candidates);
  if (chosen.empty() || versioned) {
    return fail(Failure::usage, "there is no {} in it", versioned ? "patch with a version" : "patch");
  }
  return choice_of(std::move(chosen), "", candidates);
}

/// A part of a series without numbers cannot be laid over it.
bool is_loose_part(const SeriesKey& key, const Groups& groups) {
  return key.second == 0 && std::any_of(groups.begin(), groups.end(), [&](const auto& other) {
           return other.first.first.major == key.first.major && other.first != key;
         });
}

}  // namespace

Result<Choice> choose_series(std::vector<Candidate> candidates, std::optional<Revision> wanted) {
  number_rerolls(candidates);
  const auto groups = grouped(candidates);
  if (groups.empty()) {
    return choose_untagged(candidates, wanted.has_value());
  }
  const auto newest = std::prev(groups.end())->first.first;
  const auto revision = wanted.value_or(newest);
  const auto is_of_it = [&](const auto& group) { return group.first.first == revision; };
  const auto which = std::find_if(groups.begin(), groups.end(), is_of_it);
  if (which == groups.end()) {
    return fail(Failure::usage, "there is no {} in it:{}", revision.text(), list_of(groups, candidates));
  }
  const auto& key = which->first;
  const auto series = completed(which, groups, candidates);
  const auto trouble = trouble_with(key, series, candidates);
  const bool several =
      std::count_if(groups.begin(), groups.end(), is_of_it) > 1 || is_loose_part(key, groups);
  if (several || (!trouble.empty() && groups.size() > 1)) {
    return fail(Failure::usage,
                "it is not clear which of these is meant; choose with series_version (assay try: "
                "--series-version), or keep only the mails of one:{}",
                list_of(groups, candidates));
  }
  if (!trouble.empty()) {
    return Error(Failure::usage, trouble);
  }
  std::vector<std::size_t> members;
  for (const auto& [number, index] : series.members) {
    members.push_back(index);
  }
  return choice_of(std::move(members), taken_text(key, series, groups), candidates);
}

}  // namespace assay::series
