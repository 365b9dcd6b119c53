// SPDX-License-Identifier: GPL-2.0-or-later
// What documents and help texts show is what the program takes, and the other way round.
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/help.hpp"
#include "cli/man_page.hpp"
#include "cli/surroundings.hpp"
#include "words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>
#include <set>

namespace assay::cli {
namespace {

using testing::HasSubstr;

const fs::path top = fs::path(ASSAY_UNIT_TESTS) / "../../..";

std::vector<fs::path> documents() {
  std::vector<fs::path> all{
      top / "README.md",         top / "CONTRIBUTING.md",        top / "ARCHITECTURE.md",
      top / "results/README.md", top / "orchestrator/README.md", top / "orchestrator/python/README.md"};
  for (const char* folder : {"experiments", "images"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      if (entry.path().filename() == "README.md") {
        all.push_back(entry.path());
      }
    }
  }
  return all;
}

/// The words behind "assay" of a line that is a command, or of one that ends in such a command.
std::optional<Words> command_in(std::string line) {
  for (const char* before : {"$ ", "git bisect run ", "eval \"$(", "podman run "}) {
    if (line.starts_with(before)) {
      line.erase(0, std::string_view(before).size());
    }
  }
  auto words = shell_words(line);
  if (words.size() < 2 || words.front() != "assay" || words[1] == "COMMAND") {
    return std::nullopt;
  }
  words.erase(words.begin());
  return words;
}

/// Words that stand for others.
Words filled_in(Words words) {
  std::ranges::replace(words, "WHAT", "experiments");
  std::ranges::replace(words, "SHELL", "bash");
  return words;
}

void expect_commands(const std::string& text, const std::string& where, int& seen) {
  for (const auto line : split(text, '\n')) {
    if (const auto words = command_in(std::string(trimmed(line)))) {
      EXPECT_EQ(refused(*words), "") << where << ": " << line;
      ++seen;
    }
  }
}

TEST(Documents, ShowCommandsThatTheProgramTakes) {
  const std::regex fence("```([a-z ]*)\n([^`]*)```");
  const std::regex code("`(assay [^`]+)`");
  int in_blocks = 0;
  int in_text = 0;
  for (const auto& document : documents()) {
    auto text = *read_file(document);
    for (std::sregex_iterator at(text.begin(), text.end(), fence), end; at != end; ++at) {
      expect_commands((*at)[2].str(), document.string(), in_blocks);
    }
    text = std::regex_replace(text, fence, "");
    std::ranges::replace(text, '\n', ' ');
    for (std::sregex_iterator at(text.begin(), text.end(), code), end; at != end; ++at) {
      const auto words = command_in((*at)[1].str());
      const auto said = words ? refused(filled_in(*words)) : "";
      // In a sentence a command may be named without all that it wants.
      const bool is_short = std::ranges::any_of(
          std::array{" is missing; usage: ", "without a command", "takes one of", "its value is missing"},
          [&](const char* missing) { return said.find(missing) != std::string::npos; });
      EXPECT_TRUE(said.empty() || is_short) << document << ": " << (*at)[1].str() << ": " << said;
      ++in_text;
    }
  }
  EXPECT_GT(in_blocks, 30);
  EXPECT_GT(in_text, 30);
}

TEST(HelpTexts, ShowCommandsThatTheProgramTakes) {
  Reading reading;
  int seen = 0;
  for (const auto* verb : with_all_below(reading.line.app())) {
    for (const auto& section : sections_of(*verb)) {
      if (section.heading == "Examples") {
        for (const auto& line : section.lines) {
          expect_commands(line, full_name(*verb), seen);
        }
      }
    }
  }
  EXPECT_GT(seen, 25);
}

TEST(HelpTexts, FitATerminalAndHaveAllThereIs) {
  Reading reading;
  for (const auto* verb : with_all_below(reading.line.app())) {
    const auto text = help_text(*verb);
    for (const auto line : split(text, '\n')) {
      EXPECT_LE(line.size(), 80U) << full_name(*verb) << ": " << line;
    }
    for (const auto& options : {options_of(*verb), global_options(*verb)}) {
      for (const auto* option : options) {
        EXPECT_THAT(text, HasSubstr(option->get_name())) << full_name(*verb);
      }
    }
    EXPECT_THAT(text, HasSubstr("Exit codes:\n")) << full_name(*verb);
  }
}

TEST(ManPages, HaveAllThatHelpHas) {
  Reading reading;
  for (const auto* verb : with_all_below(reading.line.app())) {
    const auto page = man_page(*verb);
    for (const auto& options : {options_of(*verb), global_options(*verb)}) {
      for (const auto* option : options) {
        for (const auto& name : names_of(*option)) {
          const auto escaped = std::regex_replace(name, std::regex("-"), "\\-");
          EXPECT_THAT(page, HasSubstr("\\fB" + escaped + "\\fR")) << man_page_name(*verb);
        }
      }
    }
    for (const char* heading :
         {"NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "FILES", "ENVIRONMENT", "SEE ALSO"}) {
      EXPECT_THAT(page, HasSubstr(std::string("\n.SH ") + heading + "\n")) << man_page_name(*verb);
    }
  }
  EXPECT_EQ(man_page_name(*find_verb(reading.line.app(), {"kernel", "build"})), "assay-kernel-build.1");
}

std::set<std::string> variables_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    names.insert((*at)[1].str());
  }
  return names;
}

TEST(Environment, IsWhatTheSourcesRead) {
  std::set<std::string> read;
  const std::regex call("(?:getenv|from_environment|usable)\\(\"([A-Z_]+)\"");
  for (const auto& entry : fs::recursive_directory_iterator(top / "orchestrator/src")) {
    if (entry.path().extension() == ".cpp") {
      read.merge(variables_in(*read_file(entry.path()), call));
    }
  }
  std::set<std::string> told;
  for (const auto& variable : environment_variables()) {
    told.emplace(variable.name);
  }
  EXPECT_EQ(told, read);
  const auto manual = *read_file(top / "orchestrator/README.md");
  const auto rows = manual.substr(manual.find("## Environment"));
  for (const auto& name : variables_in(rows, std::regex("\\| `([A-Z_]+)`"))) {
    EXPECT_TRUE(told.contains(name)) << name;
  }
}

TEST(ExitCodes, AreThoseOfTheManual) {
  const auto manual = *read_file(top / "orchestrator/README.md");
  const auto codes = exit_codes_of_program();
  for (const auto line : split(codes, '\n')) {
    if (const auto text = trimmed(line); !text.empty() && text.front() >= '0' && text.front() <= '9') {
      const auto number = std::string(text.substr(0, text.find(' ')));
      EXPECT_THAT(manual, HasSubstr("\n| " + number + " | ")) << line;
    }
  }
}

}  // namespace
}  // namespace assay::cli
