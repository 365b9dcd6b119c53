// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
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

/// A run of a category, with its tests by name.
struct IndexedRun {
  const CategoryRun* run = nullptr;
  std::unordered_map<std::string_view, const TestEnd*> tests;
};

std::vector<IndexedRun> runs_of(const std::vector<CategoryRun>& runs, std::string_view category) {
  std::vector<IndexedRun> indexed;
  for (const auto& run : runs) {
    if (run.category != category) {
      continue;
    }
    IndexedRun one{&run, {}};
    for (const auto& test : run.tests) {
      one.tests.emplace(test.name, &test);
    }
    indexed.push_back(std::move(one));
  }
  return indexed;
}

/// How the test ended in each of the runs.
std::vector<TestEnd> ends_in(const std::vector<IndexedRun>& runs, const std::string& name, bool is_finding) {
  std::vector<TestEnd> ends;
  for (const auto& run : runs) {
    if (const auto found = run.tests.find(name); found != run.tests.end()) {
      ends.push_back(*found->second);
    } else if (is_finding) {
      ends.push_back({name, End::passed, "", {}, true});
    } else {
      ends.push_back({name, End::not_run, "it did not come to it", {}});
    }
  }
  return ends;
}

std::vector<Compared> compared_in(const std::string& category, const std::vector<CategoryRun>& base,
                                  const std::vector<CategoryRun>& head) {
  const auto of_base = runs_of(base, category);
  const auto of_head = runs_of(head, category);
  std::vector<Compared> tests;
  std::unordered_set<std::string_view> known;
  for (const auto* runs : {&of_base, &of_head}) {
    for (const auto& run : *runs) {
      for (const auto& test : run.run->tests) {
        if (!known.insert(test.name).second) {
          continue;
        }
        Compared one{category, test.name, ends_in(of_base, test.name, test.is_finding),
                     ends_in(of_head, test.name, test.is_finding)};
        one.told = told_of(one.base, one.head);
        tests.push_back(std::move(one));
      }
    }
  }
  return tests;
}

bool is_a_change(Told told) { return told == Told::worse || told == Told::better || told == Told::other; }

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
    case Told::undecided:
      return "undecided";
    case Told::other:
      break;
  }
  return "other";
}

std::vector<Compared> compared(const std::vector<CategoryRun>& base, const std::vector<CategoryRun>& head) {
  std::vector<std::string> categories;
  for (const auto* runs : {&base, &head}) {
    for (const auto& run : *runs) {
      if (std::ranges::find(categories, run.category) == categories.end()) {
        categories.push_back(run.category);
      }
    }
  }
  std::vector<Compared> tests;
  for (const auto& category : categories) {
    std::ranges::move(compared_in(category, base, head), std::back_inserter(tests));
  }
  return tests;
}

bool may_differ(const std::vector<CategoryRun>& base, const std::vector<CategoryRun>& head,
                const std::string& category) {
  return std::ranges::any_of(compared_in(category, base, head),
                             [](const Compared& test) { return is_a_change(test.told); });
}

void leave_undecided(std::vector<Compared>& tests, std::string_view category) {
  for (auto& test : tests) {
    if (test.category == category && is_a_change(test.told)) {
      test.told = Told::undecided;
    }
  }
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
