// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assay::suite {
namespace {

bool is_uniform(const std::vector<TestEnd>& runs) {
  return std::ranges::all_of(runs, [&](const TestEnd& one) { return one.end == runs.front().end; });
}

Told told_of(const std::vector<TestEnd>& base, const std::vector<TestEnd>& head) {
  if (!is_uniform(base) || !is_uniform(head)) {
    return Told::flaky;
  }
  if (base.empty() || head.empty() || base.front().end == head.front().end) {
    return Told::same;
  }
  const auto before = base.front().end;
  const auto after = head.front().end;
  if (after == End::failed || before == End::passed) {
    return Told::worse;
  }
  return after == End::passed ? Told::better : Told::other;
}

using Key = std::pair<std::string, std::string>;  ///< category, test

/// The test in each run of its category.
std::vector<TestEnd> ends_in(const std::vector<CategoryRun>& runs, const Key& key, bool is_finding) {
  std::vector<TestEnd> ends;
  for (const auto& run : runs) {
    if (run.category != key.first) {
      continue;
    }
    const auto found = std::ranges::find(run.tests, key.second, &TestEnd::name);
    if (found != run.tests.end()) {
      ends.push_back(*found);
    } else if (is_finding) {
      ends.push_back({key.second, End::passed, "", {}, true});
    } else {
      ends.push_back({key.second, End::not_run, "it did not come to it", {}});
    }
  }
  return ends;
}

}  // namespace

std::string_view name_of(Told told) {
  switch (told) {
    case Told::same:
      return "same";
    case Told::flaky:
      return "flaky";
    case Told::worse:
      return "worse";
    case Told::better:
      return "better";
    case Told::other:
      break;
  }
  return "other";
}

std::vector<Compared> compared(const std::vector<CategoryRun>& base, const std::vector<CategoryRun>& head) {
  std::vector<std::pair<Key, bool>> keys;
  std::set<Key> known;
  std::vector<std::string> categories;
  for (const auto* runs : {&base, &head}) {
    for (const auto& run : *runs) {
      if (std::ranges::find(categories, run.category) == categories.end()) {
        categories.push_back(run.category);
      }
    }
  }
  for (const auto& category : categories) {
    for (const auto* runs : {&base, &head}) {
      for (const auto& run : *runs) {
        for (const auto& test : run.tests) {
          if (run.category == category && known.insert({category, test.name}).second) {
            keys.emplace_back(Key(category, test.name), test.is_finding);
          }
        }
      }
    }
  }
  std::vector<Compared> tests;
  for (const auto& [key, is_finding] : keys) {
    Compared one{key.first, key.second, ends_in(base, key, is_finding), ends_in(head, key, is_finding)};
    one.told = told_of(one.base, one.head);
    tests.push_back(std::move(one));
  }
  return tests;
}

bool may_differ(const std::vector<Compared>& tests, std::string_view category) {
  return std::ranges::any_of(tests, [&](const Compared& test) {
    return test.category == category && test.told != Told::same && test.told != Told::flaky;
  });
}

std::string ends_text(const std::vector<TestEnd>& runs) {
  std::map<End, std::size_t> counts;
  for (const auto& run : runs) {
    ++counts[run.end];
  }
  std::string text;
  for (const auto& [end, count] : counts) {
    text += text.empty() ? "" : ", ";
    text += counts.size() == 1 ? std::string(name_of(end)) : fmt::format("{} {}", name_of(end), count);
  }
  return text;
}

}  // namespace assay::suite
