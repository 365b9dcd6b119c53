// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.hpp"

#include "base/text.hpp"

#include <map>

namespace assay::cli {

std::string sample_of(const CLI::Option& option) {
  const auto word = option.get_type_name();
  static const std::map<std::string, std::string> samples{
      {"N", "7"},
      {"SIZE", "512M"},
      {"NODES", "[{ vcpus = 2 }]"},
      {"ROWS", "[[10, 20], [20, 10]]"},
      {"TIME", "20s"},
      {"HOURS", "0.5"},
      {"URI", "qemu:///system"},
      {"REV", "v6.12"},
      {"PROBE", "count@do_mmap"},
      {"NAME=VALUE", "A=1"},
      {"NAME=KERNEL", "before=linux-6.12"},
      {"HOST:GUEST", "a:b"},
      {"GUEST:HOST", "a:b"},
  };
  if (const auto bar = word.find('|'); bar != std::string::npos) {
    return word.substr(0, bar);
  }
  const auto known = samples.find(word);
  return known != samples.end() ? known->second : "some";
}

Words shortest(const CLI::App& verb) {
  Words words;
  const auto path = path_of(verb);
  for (const auto part : split(path, ' ')) {
    words.emplace_back(part);
  }
  for (const auto* option : options_of(verb)) {
    if (option->get_required()) {
      words.push_back(option->get_name());
      words.push_back(sample_of(*option));
    }
  }
  for (const auto* group :
       verb.get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
    words.push_back(options_of(*group).front()->get_name());
  }
  for (const auto* argument : arguments_of(verb)) {
    if (argument->get_required()) {
      words.push_back(sample_of(*argument));
    }
  }
  return words;
}

Words shell_words(std::string_view line) {
  Words words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (const char c : line) {
    if (quote != '\0') {
      in_word = true;
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ') {
      if (in_word) {
        words.push_back(word);
      }
      word.clear();
      in_word = false;
    } else if (std::string_view("|;>&)").find(c) != std::string_view::npos || (c == '#' && !in_word)) {
      break;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) {
    words.push_back(word);
  }
  return words;
}

}  // namespace assay::cli
