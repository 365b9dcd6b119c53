// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/vmtests_script.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace assay::suite {
namespace {

/// The first word that is a file beside the script.
std::string program_of(std::string_view command) {
  for (const auto word : split(command, ' ')) {
    if (word.starts_with("./")) {
      return std::string(word.substr(2));
    }
  }
  return "";
}

}  // namespace

std::string pretty_name(std::string_view command) {
  if (command.starts_with("bash ")) {
    command.remove_prefix(5);
  }
  if (command.starts_with("./")) {
    command.remove_prefix(2);
  }
  return std::string(trimmed(command));
}

std::vector<Planned> planned_tests(std::string_view script) {
  std::string joined(script);
  for (auto at = joined.find("\\\n"); at != std::string::npos; at = joined.find("\\\n", at)) {
    joined.replace(at, 2, " ");
  }
  constexpr std::string_view begin = "CATEGORY=\"";
  constexpr std::string_view middle = "\" run_test ";
  std::vector<Planned> tests;
  for (const auto whole : split(joined, '\n')) {
    const auto line = trimmed(whole);
    const auto end = line.find(middle);
    if (!line.starts_with(begin) || end == std::string_view::npos) {
      continue;
    }
    const auto command = trimmed(line.substr(end + middle.size()));
    tests.push_back({std::string(line.substr(begin.size(), end - begin.size())), pretty_name(command),
                     program_of(command)});
  }
  return tests;
}

std::vector<std::string> categories_of(const std::vector<Planned>& tests) {
  std::vector<std::string> categories;
  for (const auto& test : tests) {
    if (std::ranges::find(categories, test.category) == categories.end()) {
      categories.push_back(test.category);
    }
  }
  return categories;
}

}  // namespace assay::suite
