// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_line.hpp"

#include "words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace assay::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string joined(const Words& words) {
  std::string text = "assay";
  for (const auto& word : words) {
    text += " " + word;
  }
  return text;
}

/// The words with an option, and what that needs, behind the verb's name.
Words with_option(const CLI::App& verb, const Words& words, const CLI::Option& option, const Words& values) {
  const auto path = path_of(verb);
  auto place = path.empty() ? 0 : std::ranges::count(path, ' ') + 1;
  auto all = words;
  const auto put = [&](const std::string& word) { all.insert(all.begin() + place++, word); };
  for (const auto* needed : option.get_needs()) {
    put(needed->get_name());
  }
  for (const auto& value : values) {
    put(option.get_name());
    put(value);
  }
  return all;
}

/// Calls `use` with each option that has a value, of each verb.
template <class Use>
void for_each_value_option(const CLI::App& app, Use use) {
  for (const auto* verb : with_all_below(app)) {
    for (const auto* option : options_of(*verb)) {
      if (!is_flag(*option) && verbs_in(*verb).empty()) {
        use(*verb, *option);
      }
    }
    for (const auto* option : global_options(*verb)) {
      if (!is_flag(*option) && verbs_in(*verb).empty()) {
        use(*verb, *option);
      }
    }
  }
}

/// Without an option that is required and given a second time by the test itself.
Words without(Words words, const CLI::Option& option) {
  const auto found = std::ranges::find(words, option.get_name());
  if (found != words.end()) {
    words.erase(found, found + 2);
  }
  return words;
}

TEST(Options, AllTakeTheirValueAndNoArgument) {
  Reading all;
  int seen = 0;
  for_each_value_option(all.line.app(), [&](const CLI::App& verb, const CLI::Option& option) {
    const auto arguments = arguments_of(verb);
    const auto excluded = option.get_excludes();
    if (arguments.empty() || std::ranges::find(excluded, arguments.front()) != excluded.end()) {
      return;
    }
    auto words = without(shortest(verb), option);
    if (!arguments.front()->get_required()) {
      words.push_back(sample_of(*arguments.front()));
    }
    // The option stands right before the arguments.
    auto before = words;
    before.erase(
        before.end() -
            std::ranges::count_if(
                arguments, [&](const auto* one) { return one->get_required() || one == arguments.front(); }),
        before.end());
    auto line = before;
    for (const auto* needed : option.get_needs()) {
      line.push_back(needed->get_name());
    }
    line.push_back(option.get_name());
    line.push_back(sample_of(option));
    line.insert(line.end(), words.begin() + static_cast<std::ptrdiff_t>(before.size()), words.end());
    Reading one;
    EXPECT_EQ(one.refusal(line), "") << joined(line);
    const auto& read = chosen_verb(one.line.app());
    EXPECT_EQ(arguments_of(read).front()->results().front(), sample_of(*arguments.front())) << joined(line);
    ++seen;
  });
  EXPECT_GT(seen, 50);
}

TEST(Options, AllAreOfAKindThatHelpAndShellsKnow) {
  Reading all;
  for (const auto* verb : with_all_below(all.line.app())) {
    for (const auto& options : {options_of(*verb), arguments_of(*verb)}) {
      for (const auto* option : options) {
        EXPECT_TRUE(is_flag(*option) || is_known(option->get_type_name()))
            << full_name(*verb) << " " << option->get_name() << " " << option->get_type_name();
        EXPECT_FALSE(option->get_description().empty()) << full_name(*verb) << " " << option->get_name();
      }
    }
  }
}

/// By the word of --help; "a name" for all that have no notation of their own.
const std::map<std::string, Words>& wrong_values() {
  static const std::map<std::string, Words> wrong{
      {"N",
       {"", "-1", "x", "1.5", "1e3", "0x10", "010", " 7", "7 ", "7s", "99999999999999999999", "\n",
        "--json"}},
      {"SIZE",
       {"", "-1M", "0", "100", "512", "1025G", "x", "M", "1.5G", "12Q", "512m", "1M\n",
        "99999999999999999999", "99999999T", "--json"}},
      {"TIME", {"", "-5s", "x", "s", "5", "1.5s", "5 s", "5S", "99999999999999999999s", "5s\n", "--json"}},
      {"NODES", {"", "[", "{ vcpus = 2", "2 3", "2\nmemory = 1", "\"x", "--json"}},
      {"HOURS", {"", "0", "-1", "x", "8h", "1e9", "nan", "inf", " 1", "1\n", "--json"}},
      {"URI", {"", "x", "qemu", "xen:///system", "http://a", "qemu:///\n", "--json"}},
      {"USER",
       {"", ":", ":nogroup", "nobody:", "a:b:c", "no body", " nobody", "nobody ", "nobody:no group", "a,b",
        "a/b", "4294967295", "0:4294967295", "99999999999999999999", "nobody\n", "-1", "--json"}},
      {"a choice", {"", "x", "--json", "auto ", "AUTO", "auto|kvm"}},
      {"a name", {"", "a\nb", "a\tb", "\x1b[2J", "--json", "-j"}},
  };
  return wrong;
}

const Words& wrong_for(const CLI::Option& option) {
  const auto word = option.get_type_name();
  static const Words none;
  const auto& all = wrong_values();
  if (word == "NAME=VALUE" || word == "TEXT") {
    return none;
  }
  const auto found = all.find(word.find('|') != std::string::npos ? "a choice" : word);
  return found != all.end() ? found->second : all.at("a name");
}

TEST(Options, AllRefuseWrongValues) {
  Reading all;
  int seen = 0;
  for_each_value_option(all.line.app(), [&](const CLI::App& verb, const CLI::Option& option) {
    for (const auto& value : wrong_for(option)) {
      if (may_be_bare(option) && (value.empty() || value.starts_with('-'))) {
        continue;  // it stands alone
      }
      const auto line = with_option(verb, without(shortest(verb), option), option, {value});
      EXPECT_THAT(refused(line), StartsWith("cannot understand " + option.get_name() + " \""))
          << joined(line);
      ++seen;
    }
  });
  EXPECT_GT(seen, 500);
}

TEST(Options, AllAreGivenOnceOrMayBeRepeated) {
  Reading all;
  for_each_value_option(all.line.app(), [&](const CLI::App& verb, const CLI::Option& option) {
    const auto value = sample_of(option);
    const auto line = with_option(verb, without(shortest(verb), option), option, {value, value});
    EXPECT_EQ(refused(line), is_list(option)
                                 ? ""
                                 : "cannot understand " + option.get_name() + ": it was given more than once")
        << joined(line);
  });
}

TEST(Options, AllSayWhatIsMissing) {
  Reading all;
  for_each_value_option(all.line.app(), [&](const CLI::App& verb, const CLI::Option& option) {
    auto line = without(shortest(verb), option);
    line.push_back(option.get_name() + "=");
    EXPECT_EQ(refused(line), "cannot understand " + option.get_name() + "=: it is empty") << joined(line);
  });
  EXPECT_THAT(refused({"run", "x", "--trials"}),
              StartsWith("cannot understand --trials: its value is missing"));
}

TEST(Flags, AllTakeNoValue) {
  Reading all;
  for (const auto* verb : with_all_below(all.line.app())) {
    for (const auto* option : options_of(*verb)) {
      const auto name = option->get_name();
      if (is_flag(*option) && verbs_in(*verb).empty() && name != "--help") {
        auto line = shortest(*verb);
        line.push_back(name + "=perhaps");
        EXPECT_EQ(refused(line), "cannot understand " + name + ": it takes no value") << joined(line);
      }
    }
  }
}

TEST(Mistakes, AreToldWithWhatWasMeant) {
  const std::vector<std::pair<Words, std::string>> table{
      {{"rnu"}, "cannot understand \"rnu\": assay has no such command; did you mean \"run\"?"},
      {{"gc"}, "cannot understand \"gc\": assay has no such command; did you mean \"kernel gc\"?"},
      {{"nonsense"}, "cannot understand \"nonsense\": assay has no such command; see assay --help"},
      {{"kernel", "biuld", "x"},
       "cannot understand \"biuld\": assay kernel has no such command; did you mean \"build\"?"},
      {{"--verion"}, "cannot understand --verion: assay has no such option; did you mean \"--version\"?"},
      {{"run", "--trails", "5", "x"},
       "cannot understand --trails: assay run has no such option; did you mean \"--trials\"?"},
      {{"run", "x", "--trails=5"},
       "cannot understand --trails: assay run has no such option; did you mean \"--trials\"?"},
      {{"run", "x", "--resluts", "y"},
       "cannot understand --resluts: assay run has no such option; did you mean \"--results\"?"},
      {{"show", "--ktpa"},
       "cannot understand --ktpa: assay show has no such option; did you mean \"--ktap\"?"},
      {{"show", "-z"}, "cannot understand -z: assay show has no such option; see assay show --help"},
      {{"show", "a", "b"},
       "cannot understand \"b\": it is one word too many; usage: assay show [OPTION...] [RUN]"},
      {{"run", "--accel", "tgc", "x"},
       "cannot understand --accel \"tgc\": it is none of auto, kvm and tcg; did you mean \"tcg\"?"},
      {{"report", "-f", "htm"},
       "cannot understand --format \"htm\": it is none of html, json, junit, kcidb, ktap, markdown and text; "
       "did "
       "you mean \"html\"?"},
      {{"list", "workload"},
       "cannot understand what \"workload\": it is none of experiments, workloads and variants; did you mean "
       "\"workloads\"?"},
      {{"run", "--seed", "-1", "x"},
       "cannot understand --seed \"-1\": it is no whole number from 0 to 18446744073709551615"},
      {{"run", "--jobs", "0", "x"}, "cannot understand --jobs \"0\": it is no whole number from 1 to 100000"},
      {{"run", "--ktap", "--json", "x"}, "cannot take --json and --ktap together"},
      {{"run", "--max-trials", "9", "x"},
       "cannot understand --max-trials: it is only for use with --until-decided"},
      {{"exec", "-k", "x", "--memory", "512", "--", "p"},
       "cannot understand --memory \"512\": it is out of range: whole MiB from 64M to 1024G; did you mean "
       "\"512M\"?"},
      {{"exec", "-k", "x", "--memory", "512MB", "--", "p"},
       "cannot understand --memory \"512MB\": it is not a size: write a whole number of bytes or one with K, "
       "M, G or "
       "T, as in \"512M\""},
  };
  for (const auto& [words, said] : table) {
    EXPECT_EQ(refused(words), said);
  }
}

TEST(Mistakes, SayWhatIsMissing) {
  EXPECT_THAT(refused({}), StartsWith("cannot do anything without a command: assay has run, try"));
  EXPECT_THAT(refused({"kernel"}),
              StartsWith("cannot do anything without a command: assay kernel has list, build"));
  EXPECT_THAT(refused({"export"}), HasSubstr("it takes one of --jsonl, --csv and --npz"));
  EXPECT_THAT(refused({"exec", "--", "p"}),
              HasSubstr("--kernel is missing; usage: assay exec [OPTION...] --kernel KERNEL PROGRAM..."));
}

TEST(Program, KeepsItsWordsAsTheyAre) {
  Reading reading;
  const Words program{"sh", "-c", "[ 1 ]", "[a,b]", "--json", "", "-k", "help"};
  Words words{"exec", "-k", "linux-6.12", "--env", "A=[x,y]", "--"};
  words.insert(words.end(), program.begin(), program.end());
  ASSERT_EQ(reading.refusal(words), "");
  EXPECT_EQ(arguments_of(chosen_verb(reading.line.app())).front()->as<Words>(), program);
  EXPECT_EQ(chosen_verb(reading.line.app()).get_option("--env")->as<Words>(), Words{"A=[x,y]"});
}

TEST(Help, IsFoundWhereverItIsAskedFor) {
  for (const Words& words : {Words{"help"},
                             {"help", "run"},
                             {"help", "kernel", "build"},
                             {"run", "help"},
                             {"kernel", "help"},
                             {"kernel", "build", "help"},
                             {"run", "--help"},
                             {"-h"},
                             {"-V"},
                             {"--version"},
                             {"exec", "--help"}}) {
    EXPECT_EQ(refused(words), "") << joined(words);
  }
}

}  // namespace
}  // namespace assay::cli
