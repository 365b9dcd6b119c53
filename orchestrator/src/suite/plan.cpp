// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/plan.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

namespace assay::suite {
namespace {

constexpr std::string_view guest_selftests = "/selftests";

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// What lies in a folder and can be executed, scripts of any mode among it.
Status add_programs_in(const fs::path& folder, const std::string& guest,
                       std::vector<image::HostFile>& files) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto& path = entry.path();
    if (entry.is_regular_file() && (is_program(path) || path.extension() == ".sh")) {
      files.push_back({fmt::format("{}/{}", guest, path.filename().string()), path, ""});
    }
  }
  return error ? fail(Failure::infrastructure, "cannot read {}: {}", folder.string(), error.message())
               : Status();
}

/// A file, or all files of a folder, at their place below the selftests of a guest.
void add_named(const Programs& programs, const std::string& named, std::vector<image::HostFile>& files) {
  const auto host = (programs.folder() / named).lexically_normal();
  const auto below = host.lexically_relative(programs.selftests);
  const auto guest = *below.begin() == ".."
                         ? fmt::format("{}/{}/{}", guest_selftests, programs.target, host.filename().string())
                         : fmt::format("{}/{}", guest_selftests, below.string());
  std::error_code error;
  if (fs::is_regular_file(host, error)) {
    files.push_back({guest, host, ""});
    return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(host, error)) {
    if (entry.is_regular_file(error)) {
      files.push_back(
          {fmt::format("{}/{}", guest, entry.path().lexically_relative(host).string()), entry.path(), ""});
    }
  }
}

Status plan_script(const Programs& programs, const std::string& text, Plan& plan) {
  plan.dialect = Dialect::vmtests;
  plan.planned = planned_tests(text);
  const auto guest = fmt::format("{}/{}", guest_selftests, programs.target);
  for (const auto& name : categories_of(plan.planned)) {
    plan.categories.push_back({name, {guest, "./run_vmtests.sh", "-t", name}, ""});
  }
  return add_programs_in(programs.folder(), guest, plan.files);
}

std::string why_not_built(const Programs& programs, const std::string& test) {
  const auto name = fs::path(test).filename().string();
  const auto missing = std::ranges::find(programs.not_built, name, &NotBuilt::program);
  return missing == programs.not_built.end() || missing->why.empty() ? "not built"
                                                                     : "not built: " + missing->why;
}

Status plan_programs(const Programs& programs, Plan& plan) {
  plan.dialect = Dialect::kselftest;
  if (programs.named.tests.empty()) {
    return fail(Failure::usage,
                "the Makefile of tools/testing/selftests/{} names no test for x86_64 (TEST_GEN_PROGS, "
                "TEST_CUSTOM_PROGS, TEST_PROGS)",
                programs.target);
  }
  const auto guest = fmt::format("{}/{}", guest_selftests, programs.target);
  for (const auto& test : programs.named.tests) {
    std::error_code error;
    const bool there = fs::is_regular_file(programs.folder() / test, error);
    plan.planned.push_back({test, test, test});
    plan.categories.push_back({test, {guest, "./" + test}, there ? "" : why_not_built(programs, test)});
    add_named(programs, test, plan.files);
  }
  for (const auto& file : programs.named.files) {
    add_named(programs, file, plan.files);
  }
  add_named(programs, "settings", plan.files);
  add_named(programs, "config", plan.files);
  const auto helpers = programs.selftests / "kselftest";
  return is_there(helpers)
             ? add_programs_in(helpers, fmt::format("{}/kselftest", guest_selftests), plan.files)
             : Status();
}

}  // namespace

Result<Plan> plan_of_target(const Programs& programs, const std::string& name) {
  Plan plan;
  plan.suite = name;
  plan.heading = name + " selftests";
  plan.not_built = programs.not_built;
  plan.folder = programs.folder();
  plan.environment = {fmt::format("BASE_DIR={}", guest_selftests)};
  if (const auto config = read_file(programs.folder() / "config")) {
    plan.config = *config;
  }
  const auto script = programs.folder() / "run_vmtests.sh";
  const auto text = is_there(script) ? read_file(script) : Result<std::string>(std::string());
  if (!text) {
    return text.error();
  }
  auto planned = text->empty() ? plan_programs(programs, plan) : plan_script(programs, *text, plan);
  if (!planned) {
    return planned.error();
  }
  return plan;
}

Status choose_categories(Plan& plan, const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::ranges::transform(plan.categories, std::back_inserter(known), &Category::name);
  for (const auto& name : names) {
    if (std::ranges::find(known, name) == known.end()) {
      return fail(Failure::usage, "{} has no category \"{}\"{}; there is {}", plan.heading, name,
                  did_you_mean(name, known), listed(known));
    }
  }
  if (names.empty()) {
    return {};
  }
  const auto is_left = [&](const std::string& category) {
    return std::ranges::find(names, category) == names.end();
  };
  std::erase_if(plan.categories, [&](const Category& one) { return is_left(one.name); });
  std::erase_if(plan.planned, [&](const Planned& test) { return is_left(test.category); });
  return {};
}

}  // namespace assay::suite
