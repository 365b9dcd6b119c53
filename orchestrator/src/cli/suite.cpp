// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/suite.hpp"
#include "cli/display.hpp"
#include "cli/messages.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "cli/verb.hpp"
#include "experiment/machine_reader.hpp"
#include "run/try_tree.hpp"
#include "suite/table.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace assay::cli {
namespace {

struct SuiteOptions {
  std::string suite;
  std::vector<std::string> kernels;
  std::optional<std::string> tree;
  run::TreeWish of_tree;
  std::optional<std::string> tests;
  std::optional<std::string> ltp;
  std::vector<std::string> categories;
  std::optional<unsigned> trials;
  std::string memory = "2G";
  std::string accel = "auto";
  std::string timeout = "15min";
  std::string stress_time = "30s";
  std::optional<unsigned> stress_ops;
  bool list = false;
  bool json = false;

  [[nodiscard]] bool is_ltp() const { return suite == suite::ltp_suite; }
  [[nodiscard]] bool is_stress() const { return suite == suite::stress_suite; }
};

Status check_kernels_of(const SuiteOptions& options) {
  const auto& of_tree = options.of_tree;
  if (options.kernels.empty() != options.tree.has_value() && !options.list) {
    return fail(Failure::usage, "on which kernel? Give --tree FOLDER, or --kernel NAME once or twice");
  }
  if (options.kernels.size() > 2) {
    return fail(Failure::usage, "a suite compares two kernels, and there are {}", options.kernels.size());
  }
  if (!options.tree && !(of_tree.base.empty() && of_tree.head.empty() && of_tree.series.empty())) {
    return fail(Failure::usage, "--base, --head and --series are of a --tree, and there is none");
  }
  return {};
}

Status check_suite(const SuiteOptions& options) {
  if (options.suite.empty() && !options.list) {
    return fail(
        Failure::usage,
        "which suite? mm, another folder of tools/testing/selftests, ltp or stress-ng; assay suite --list "
        "lists them");
  }
  if (options.is_ltp() != options.ltp.has_value()) {
    return options.is_ltp() ? fail(Failure::usage,
                                   "where is LTP? Give --ltp FOLDER: a clone in which make ran, or where it "
                                   "is installed (/opt/ltp)")
                            : fail(Failure::usage, "--ltp is of the suite ltp");
  }
  if (options.tests && (options.is_ltp() || options.is_stress())) {
    return fail(Failure::usage, "--tests is of the kernel's own tests, and {} has its own", options.suite);
  }
  if (options.stress_ops && !options.is_stress()) {
    return fail(Failure::usage, "--stress-ops is of the suite stress-ng");
  }
  return check_kernels_of(options);
}

Task<Result<suite::Wish>> suite_wish(const Places& places, SuiteOptions options) {
  suite::Wish wish;
  wish.suite = options.suite;
  if (options.kernels.empty() && !options.tree) {
    options.kernels.push_back(options.of_tree.like);  // lists
  }
  wish.kernels = options.kernels;
  wish.names = options.kernels;
  if (options.tree) {
    auto of_tree = options.of_tree;
    of_tree.tree = *options.tree;
    const auto base = of_tree.base.empty() ? *options.tree : of_tree.base;
    const auto head = of_tree.head.empty() ? base + " with the series" : of_tree.head;
    if (of_tree.base.empty()) {
      wish.tree = *options.tree;
    }
    auto kernels = co_await run::write_tree_kernels(places, std::move(of_tree));
    if (!kernels) {
      co_return kernels.error();
    }
    wish.names = kernels->size() == 2 ? std::vector{base, head} : std::vector{base};
    wish.kernels = std::move(*kernels);
  }
  if (options.tests) {
    wish.tests = *options.tests;
  }
  wish.ltp = options.ltp.value_or("");
  wish.categories = options.categories;
  constexpr unsigned to_be_sure = 5;
  wish.trials = options.trials.value_or(wish.kernels.size() == 2 ? to_be_sure : 1);
  wish.memory = options.memory;
  wish.accel = options.accel;
  const auto timeout = parse_duration(options.timeout);
  if (!timeout) {
    co_return timeout.error().within("understand --timeout");
  }
  const auto stress_time = parse_duration(options.stress_time);
  if (!stress_time) {
    co_return stress_time.error().within("understand --stress-time");
  }
  wish.timeout = *timeout;
  wish.stress_time = *stress_time;
  wish.stress_ops = options.stress_ops;
  wish.only_list = options.list;
  co_return wish;
}

/// Suites of a kernel's source, and those that are of none.
std::string list_of(std::vector<std::string> suites) {
  suites.emplace_back(suite::ltp_suite);
  suites.emplace_back(suite::stress_suite);
  std::string text;
  for (const auto& name : suites) {
    text += name + "\n";
  }
  return text;
}

Task<Result<ExitCode>> suite_verb(Globals& globals, SuiteOptions options) {
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  if (auto right = check_suite(options); !right) {
    co_return right.error();
  }
  auto wish = co_await suite_wish(*places, options);
  if (!wish) {
    co_return wish.error();
  }
  Display display(globals);
  auto session = globals.session(std::move(*places), display);
  if (options.suite.empty()) {
    auto suites = co_await suite::list_suites(session, std::move(*wish));
    if (suites) {
      display.clear();
      print(list_of(*suites));
    }
    co_return suites ? Result<ExitCode>(ExitCode::all_hold) : suites.error();
  }
  auto outcome = co_await suite::run_suite(session, std::move(*wish));
  if (!outcome) {
    co_return outcome.error();
  }
  display.clear();
  if (options.list) {
    print(suite::suite_list(*outcome));
    co_return ExitCode::all_hold;
  }
  const auto tests = suite::compared(*outcome);
  print(options.json ? suite::suite_json(*outcome, tests) : suite::suite_table(*outcome, tests));
  if (outcome->trouble) {
    tell(fmt::format("{} of {} categories did not run to the end: {}", outcome->missed.size(),
                     outcome->plan.categories.size(), outcome->trouble->text()));
  }
  co_return suite::exit_code_of(*outcome, tests);
}

}  // namespace

void add_suite(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<SuiteOptions>();
  auto& of_tree = options->of_tree;
  of_tree.like = "linux-6.12+selftests";
  auto* verb = app.add_subcommand(
      "suite", "run the kernel's own tests on one kernel, or on two and tell what differs");
  takes(
      verb->add_option("suite", options->suite,
                       "a folder of tools/testing/selftests of the kernel's source (mm, memfd, cgroup, kvm, "
                       "...), ltp or stress-ng"),
      named("SUITE"));
  takes(verb->add_option("-k,--kernel", options->kernels,
                         "a variant, whose source brings the tests; given twice: base and head, which are "
                         "compared by the tests of head"),
        named("KERNEL"))
      ->allow_extra_args(false);
  takes(
      verb->add_option("--tests", options->tests,
                       "the tests of this kernel tree as they are, on whatever kernel (default: those of the "
                       "last kernel's source)"),
      named("FOLDER"));
  takes(verb->add_option("--ltp", options->ltp,
                         "the Linux Test Project: a clone in which make ran, or where it is installed"),
        named("FOLDER"));
  takes(verb->add_option("--tree", options->tree, "instead: a kernel tree, as it lies there or at --base"),
        named("FOLDER"));
  takes(verb->add_option("--base", of_tree.base, "revision of the tree without the change"), named("REV"));
  takes(verb->add_option("--head", of_tree.head, "revision of the tree with the change"), named("REV"));
  takes(verb->add_option("-s,--series", of_tree.series,
                         "patches, a folder of them or an mbox: the change, on the tree or on --base; may be "
                         "repeated"),
        named("SERIES"))
      ->allow_extra_args(false);
  takes(verb->add_option("--like", of_tree.like, "kernels of the tree are configured as this variant is"),
        named("KERNEL"))
      ->capture_default_str();
  takes(verb->add_option(
            "-c,--category", options->categories,
            "only this one: of run_vmtests.sh, a program, a stressor; may be repeated (default: all)"),
        named("CATEGORY"))
      ->allow_extra_args(false);
  takes(verb->add_option("--trials", options->trials,
                         "runs of each category; with two kernels of those where a test differs, which is "
                         "told when all runs agree (default: 1, with two kernels 5)"),
        whole_number(1, most_of_anything));
  takes(verb->add_option("--memory", options->memory, "of each guest"), size(experiment::least_memory))
      ->capture_default_str();
  takes(verb->add_option("--accel", options->accel, "what runs the guests"), one_of({"auto", "kvm", "tcg"}))
      ->capture_default_str();
  takes(verb->add_option("--timeout", options->timeout, "a category is ended after this time; 0s: never"),
        duration())
      ->capture_default_str();
  takes(verb->add_option("--stress-time", options->stress_time, "a stressor of stress-ng works so long"),
        duration())
      ->capture_default_str();
  takes(verb->add_option("--stress-ops", options->stress_ops,
                         "a stressor of stress-ng ends after so many operations, if that comes first"),
        whole_number(1, std::numeric_limits<std::uint32_t>::max()));
  auto* list =
      verb->add_flag("-l,--list", options->list,
                     "compile the tests, print them by category with what is not built, run none; without a "
                     "suite: print which there are");
  verb->add_flag("--json", options->json, "as JSON")->excludes(list);
  verb->footer(
      "Examples:\n"
      "  assay suite mm -k linux-6.12+selftests -c cow -c madv_populate\n"
      "  assay suite mm --tree ~/linux --base v6.12 --head my-branch\n"
      "  assay suite memfd -k linux-6.12+selftests\n"
      "  assay suite stress-ng -k linux-6.12+selftests -c mremap\n"
      "  assay suite --list\n"
      "Exit codes:\n"
      "  0 no test failed; with two kernels, none is worse on head\n"
      "  1 a test failed; with two kernels, one is worse on head\n"
      "  4 no test ran to its end\n"
      "  70 some categories did not run to their end: a failure of ours\n"
      "  125 likewise: a guest does not boot\n"
      "  130 likewise: Ctrl-C; what ended before is printed\n");
  verb->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return suite_verb(globals, *options); };
  });
}

}  // namespace assay::cli
