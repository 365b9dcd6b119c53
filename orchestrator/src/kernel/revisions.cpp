// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/revisions.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace assay::kernel {
namespace {

/// What belongs together: one revision, one m of n/m. 0: single patches without numbers.
using SeriesKey = std::pair<Revision, unsigned>;

struct Group {
  std::vector<std::size_t> members;  ///< sorted by number once chosen
  std::vector<unsigned> missing;
  std::string trouble;  ///< two different patches with one number
};
using Groups = std::map<SeriesKey, Group>;

bool counts(const Candidate& candidate) {
  const auto& subject = candidate.subject;
  return subject.is_patch && !subject.is_reply && !subject.is_cover_letter() &&
         (candidate.has_diff || subject.total > 0);
}

/// Mails without any tag: what `git format-patch -k` or a hand writes.
std::vector<std::size_t> untagged(const std::vector<Candidate>& candidates) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].has_diff && !candidates[i].subject.is_reply) {
      chosen.push_back(i);
    }
  }
  return chosen;
}

void add(Group& group, std::size_t index, const std::vector<Candidate>& candidates) {
  const auto& candidate = candidates[index];
  for (const auto member : group.members) {
    const auto& other = candidates[member];
    if (other.content == candidate.content && other.subject.title == candidate.subject.title) {
      return;
    }
    if (candidate.subject.total > 0 && other.subject.number == candidate.subject.number) {
      group.trouble = fmt::format("there are two different patches {}/{}", candidate.subject.number,
                                  candidate.subject.total);
    }
  }
  group.members.push_back(index);
}

Groups grouped(const std::vector<Candidate>& candidates) {
  Groups groups;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (counts(candidates[i])) {
      add(groups[{candidates[i].subject.revision, candidates[i].subject.total}], i, candidates);
    }
  }
  for (auto& [key, group] : groups) {
    const auto number = [&](std::size_t index) { return candidates[index].subject.number; };
    std::stable_sort(group.members.begin(), group.members.end(),
                     [&](std::size_t a, std::size_t b) { return number(a) < number(b); });
    for (unsigned n = 1; n <= key.second; ++n) {
      if (std::none_of(group.members.begin(), group.members.end(), [&](auto i) { return number(i) == n; })) {
        group.missing.push_back(n);
      }
    }
  }
  return groups;
}

/// "patches 3/5 and 4/5 are missing", or "".
std::string missing_text(const Group& group, unsigned total) {
  constexpr std::size_t most = 8;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, group.missing.size()); ++i) {
    names.push_back(fmt::format("{}/{}", group.missing[i], total));
  }
  if (group.missing.size() > most) {
    names.push_back(fmt::format("{} more", group.missing.size() - most));
  }
  if (names.empty()) {
    return {};
  }
  return names.size() == 1 ? fmt::format("patch {} is missing", names.front())
                           : fmt::format("patches {} are missing", listed(names));
}

std::string trouble_with(const SeriesKey& key, const Group& group) {
  return group.trouble.empty() ? missing_text(group, key.second) : group.trouble;
}

/// One line for each group.
std::string list_of(const Groups& groups, const std::vector<Candidate>& candidates) {
  std::string text;
  for (const auto& [key, group] : groups) {
    const auto& [revision, total] = key;
    text += fmt::format("\n  {}: ", revision.text());
    text += total > 0 ? fmt::format("{} of {} patches", group.members.size(), total)
                      : fmt::format("{} without n/m", group.members.size());
    text += fmt::format(", \"{}\"", printable(candidates[group.members.front()].subject.title));
    const auto trouble = trouble_with(key, group);
    text += trouble.empty() ? "" : "; " + trouble;
  }
  return text;
}

Error ambiguous(const Groups& groups, const std::vector<Candidate>& candidates) {
  return fail(
      Failure::usage,
      "it is not clear which of these is meant; choose with series_version, or keep only the mails of "
      "one:{}",
      list_of(groups, candidates));
}

}  // namespace

Result<std::vector<std::size_t>> choose_series(const std::vector<Candidate>& candidates,
                                               std::optional<unsigned> wanted) {
  auto groups = grouped(candidates);
  if (groups.empty()) {
    auto chosen = untagged(candidates);
    if (chosen.empty() || wanted) {
      return fail(Failure::usage, "there is no {} in it", wanted ? "patch with a version" : "patch");
    }
    return chosen;
  }
  const auto all = groups;
  if (wanted) {
    std::erase_if(groups, [&](const auto& group) { return group.first.first.major != *wanted; });
    if (groups.empty()) {
      return fail(Failure::usage, "there is no v{} in it:{}", *wanted, list_of(all, candidates));
    }
  }
  const auto& [key, newest] = *groups.rbegin();
  const auto of_same_revision = std::count_if(groups.begin(), groups.end(),
                                              [&](const auto& one) { return one.first.first == key.first; });
  const auto trouble = trouble_with(key, newest);
  if (of_same_revision > 1 || (!trouble.empty() && groups.size() > 1)) {
    return ambiguous(groups, candidates);
  }
  if (!trouble.empty()) {
    return Error(Failure::usage, trouble);
  }
  return newest.members;
}

}  // namespace assay::kernel
