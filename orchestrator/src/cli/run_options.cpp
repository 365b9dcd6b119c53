// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/run_options.hpp"

#include "base/text.hpp"
#include "cli/values.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace assay::cli {
namespace {

using experiment::Setting;
using experiment::Settings;

/// Adds the option of one setting.
class OptionAdder {
 public:
  OptionAdder(CLI::App& verb, const Setting& setting, Settings& settings)
      : verb_(verb), setting_(setting), settings_(settings) {}

  void operator()(bool Settings::* member) const {
    verb_.add_flag(setting_.option, settings_.*member, setting_.help);
  }
  void operator()(std::string Settings::* member) const {
    std::vector<std::string> words;
    for (const auto word : split(setting_.word, '|')) {
      words.emplace_back(word);
    }
    takes(verb_.add_option(setting_.option, settings_.*member, setting_.help), one_of(std::move(words)));
  }
  void operator()(std::vector<std::string> Settings::* member) const {
    takes(verb_.add_option(setting_.option, settings_.*member, setting_.help), named(setting_.word));
  }
  template <class Number>
  void operator()(std::optional<Number> Settings::* member) const {
    takes(verb_.add_option(setting_.option, settings_.*member, setting_.help),
          whole_number(setting_.least, setting_.most));
  }

 private:
  CLI::App& verb_;
  const Setting& setting_;
  Settings& settings_;
};

}  // namespace

void add_run_options(CLI::App& verb, const std::shared_ptr<RunOptions>& options,
                     std::initializer_list<std::string_view> without) {
  for (const auto& setting : experiment::run_settings()) {
    if (std::ranges::find(without, std::string_view(setting.key)) == without.end()) {
      std::visit(OptionAdder(verb, setting, options->settings), setting.member);
    }
  }
  verb.get_option("--max-trials")->needs("--until-decided");
  verb.add_flag("-n,--dry-run", options->dry_run,
                "say what would be built and booted; build and boot nothing");
  verb.add_flag(
      "-v,--verbose", options->verbose,
      "say on stderr what happens to guests and kernels, as assay.log in the run's folder does; with "
      "--dry-run print domain XML and QEMU command lines");
  auto* json = verb.add_flag("--json", options->json, "print the result as JSON");
  verb.add_flag("--ktap", options->ktap, "print the result as KTAP")->excludes(json);
}

}  // namespace assay::cli
