// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/try_program.hpp"

#include "base/process.hpp"
#include "run/tried_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace assay::run {
namespace {

namespace fs = std::filesystem;

/// What is expected, and the claim that says so. Twenty per cent is what a handful of trials can tell.
struct Expectation {
  std::string_view name;
  std::string_view says;
  std::string_view rule;
};

constexpr std::array<Expectation, 3> known{{
    {"fail:pass", "The program fails on the kernel before the change more often than on the one after it.",
     "rule = \"proportion\"\ncount = \"failure\"\nbase = \"before\"\nhead = \"after\"\ndirection = \"less\"\n"
     "effect = 0.2\n"},
    {"pass:pass", "The program fails on neither kernel.",
     "rule = \"never\"\ncount = \"failure\"\neffect = 0.2\n"},
    {"finding:none",
     "Under the program the kernel before the change reports something more often than the one after it.",
     "rule = \"proportion\"\ncount = \"finding\"\nbase = \"before\"\nhead = \"after\"\ndirection = \"less\"\n"
     "effect = 0.2\n"},
}};

std::string listed(std::string_view key, const std::vector<std::string>& texts) {
  return texts.empty() ? "" : fmt::format("{} = {}\n", key, toml_list(texts));
}

/// A file by its whole path, for the experiment lies elsewhere; a program of the system as it is called.
Result<std::string> found(const std::string& name) {
  std::error_code error;
  if (const auto path = fs::canonical(name, error); !error) {
    return path.string();
  }
  if (name.find('/') == std::string::npos && !find_program(name).empty()) {
    return name;
  }
  return fail(Failure::usage, "cannot find the program {}: {}", name, error.message());
}

/// "HOST:/path/in/the/guest" and "HOST" alike.
std::string with_whole_path(const std::string& file) {
  const auto colon = file.find(':');
  std::error_code error;
  const auto path = fs::absolute(file.substr(0, colon), error);
  return path.string() + (colon == std::string::npos ? "" : file.substr(colon));
}

}  // namespace

const std::vector<std::string>& expectations() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& one : known) {
      all.emplace_back(one.name);
    }
    return all;
  }();
  return names;
}

Result<fs::path> write_program_experiment(const Places& places, const ProgramWish& wish) {
  const auto program = found(wish.program);
  if (!program) {
    return program.error();
  }
  const auto* expected = std::ranges::find(known, wish.expect, &Expectation::name);
  std::vector<std::string> files;
  for (const auto& file : wish.files) {
    files.push_back(with_whole_path(file));
  }
  const auto name = fs::path(*program).stem().string();
  const std::string text =
      fmt::format(
          "# Made by assay try --program. Copy it to go on with it: assay run tells what can be said here.\n"
          "variants.before.kernel = \"linux-6.12\"  # assay try stands in for both\n"
          "variants.after.kernel = \"linux-6.12\"\n\n"
          "[experiment]\nname = \"try\"\ntitle = {}\nthread = "
          "\"none@localhost\"\n\n[workloads.program]\nprogram = {}\n",
          toml_string(name), toml_string(*program)) +
      listed("arguments", wish.arguments) + listed("files", files) +
      fmt::format(
          "\n[[claims]]\nid = \"expected\"\nsays = \"{}\"\nquote = \"none\"\nauthor = \"none\"\n"
          "workload = \"program\"\n{}",
          expected->says, expected->rule);
  auto folder = keep_tried(places, {{"experiment", text}});
  return folder ? Result<fs::path>(*folder / "experiment.toml") : folder;
}

}  // namespace assay::run
