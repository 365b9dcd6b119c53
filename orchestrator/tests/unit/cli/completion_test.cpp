// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/completion.hpp"

#include "words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace assay::cli {
namespace {

using testing::HasSubstr;

std::vector<const CLI::Option*> all_options_of(const CLI::App& verb) {
  auto options = options_of(verb);
  if (verb.get_parent() != nullptr) {
    std::ranges::copy(global_options(verb), std::back_inserter(options));
  }
  return options;
}

/// From `start` to the next `end`.
std::string part(const std::string& text, const std::string& start, const std::string& end) {
  const auto from = text.find(start);
  EXPECT_NE(from, std::string::npos) << start;
  return from == std::string::npos ? "" : text.substr(from, text.find(end, from + start.size()) - from);
}

TEST(Completion, OfBashHasEachOptionOfEachVerb) {
  Reading reading;
  const auto script = bash_completion(reading.line.app());
  const auto options = part(script, "_assay_options()", "\n}\n");
  const auto kinds = part(script, "_assay_kind()", "\n}\n");
  for (const auto* verb : with_all_below(reading.line.app())) {
    const auto line = part(options, "    '" + path_of(*verb) + "') echo '", "\n") + " ";
    for (const auto* option : all_options_of(*verb)) {
      for (const auto& name : names_of(*option)) {
        EXPECT_TRUE(line.find("'" + name + " ") != std::string::npos ||
                    line.find(" " + name + " ") != std::string::npos ||
                    line.find(" " + name + "' ") != std::string::npos)
            << line << name;
        const auto kind = "    '" + path_of(*verb) + " " + name + "') echo '";
        EXPECT_EQ(kinds.find(kind) == std::string::npos, is_flag(*option)) << kind;
      }
    }
    for (const auto* sub : verbs_in(*verb)) {
      EXPECT_THAT(part(script, "_assay_verbs()", "\n}\n"), HasSubstr(sub->get_name()));
    }
  }
}

TEST(Completion, OfZshHasEachOptionOfEachVerb) {
  Reading reading;
  const auto script = zsh_completion(reading.line.app());
  EXPECT_THAT(script, testing::StartsWith("#compdef assay\n"));
  EXPECT_THAT(script, testing::Not(HasSubstr(":_assay_ask")));  // it would be given compadd's options
  for (const auto* verb : with_all_below(reading.line.app())) {
    auto name = "_" + full_name(*verb);
    std::ranges::replace(name, ' ', '_');
    const auto function = part(script, "\n" + name + "() {\n", "\n}\n");
    for (const auto* option : all_options_of(*verb)) {
      for (const auto& spelled : names_of(*option)) {
        const auto joint = is_flag(*option) ? "" : spelled.starts_with("--") ? "=" : "+";
        const auto before = is_list(*option) ? "'*" : ")";
        EXPECT_THAT(function, HasSubstr(before + spelled + joint + "["));
      }
    }
    for (const auto* sub : verbs_in(*verb)) {
      EXPECT_THAT(function, HasSubstr(sub->get_name() + ") " + name + "_" + sub->get_name() + " ;;"));
    }
  }
}

TEST(Completion, OfFishHasEachOptionOfEachVerb) {
  Reading reading;
  const auto script = fish_completion(reading.line.app());
  for (const auto* verb : with_all_below(reading.line.app())) {
    const auto path = path_of(*verb);
    const auto start = "\ncomplete -c assay -n '__assay_at" + (path.empty() ? path : " " + path) + "'";
    for (const auto* option : all_options_of(*verb)) {
      std::string names;
      for (const auto& name : names_of(*option)) {
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        EXPECT_EQ(script.find("'" + path + " " + name + "'") == std::string::npos, is_flag(*option))
            << path << name;
      }
      EXPECT_THAT(script, HasSubstr(start + names + " "));
    }
    for (const auto* sub : verbs_in(*verb)) {
      EXPECT_THAT(script, HasSubstr(start + " -a " + sub->get_name() + " -d '"));
    }
  }
}

TEST(Completion, KnowsHowEachKindOfValueIsFound) {
  EXPECT_EQ(completion_of("auto|kvm|tcg").words, (Words{"auto", "kvm", "tcg"}));
  EXPECT_TRUE(completion_of("EXPERIMENT").asks);
  EXPECT_TRUE(completion_of("FILE").files);
  EXPECT_FALSE(is_known("UNHEARD-OF"));
}

}  // namespace
}  // namespace assay::cli
