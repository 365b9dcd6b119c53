// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/workshop.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "kernel/git.hpp"
#include "kernel/source.hpp"
#include "series/patch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace assay::suite {
namespace {

constexpr std::string_view list_mark = "assay-names ";

/// What the patch does to the parts, or takes back of them.
Task<Status> apply_to_parts(fs::path folder, series::SeriesPatch patch) {
  const auto file = folder.string() + ".patch";
  if (auto written = write_file(file, series::behind_message(patch.text)); !written) {
    co_return written;
  }
  std::vector<std::string> words = {"git", "apply", "-p1", "--whitespace=nowarn"};
  if (patch.reverse) {
    words.emplace_back("--reverse");
  }
  for (const auto& part : Workshop::parts()) {
    words.push_back("--include=" + (part == "Makefile" ? part : part + "/*"));
  }
  words.push_back(file);
  auto command = kernel::git_command(std::move(words), kernel::Settings::none);
  command.environment.emplace_back("GIT_CEILING_DIRECTORIES", folder.parent_path().string());
  command.directory = folder;
  auto applied = co_await output_of(std::move(command));
  std::error_code ignored;
  fs::remove(file, ignored);
  co_return applied ? Status()
                    : Error(Failure::build, applied.error().within("apply " + patch.where()).text());
}

/// Where the files of a target are below its folder.
std::string below(const fs::path& folder, std::string_view named) {
  return (folder / named).lexically_normal().lexically_relative(folder).string();
}

/// A rule that prints what the Makefile names.
std::string listing_rule() {
  const auto loop = [](std::string_view kind, std::string_view variables) {
    return fmt::format("$(foreach one,{},$(info {}{} $(one)))", variables, list_mark, kind);
  };
  return "assay-names: ; @:" + loop("test", "$(TEST_GEN_PROGS) $(TEST_CUSTOM_PROGS) $(TEST_PROGS)") +
         loop("file",
              "$(TEST_GEN_FILES) $(TEST_GEN_PROGS_EXTENDED) $(TEST_PROGS_EXTENDED) $(TEST_FILES) "
              "$(TEST_INCLUDES)");
}

TargetFiles read_names(const fs::path& folder, std::string_view output) {
  TargetFiles named;
  for (const auto line : split(output, '\n')) {
    if (!line.starts_with(list_mark)) {
      continue;
    }
    const auto rest = line.substr(list_mark.size());
    auto& list = rest.starts_with("test ") ? named.tests : named.files;
    auto path = below(folder, trimmed(rest.substr(rest.find(' ') + 1)));
    if (std::ranges::find(list, path) == list.end()) {
      list.push_back(std::move(path));
    }
  }
  return named;
}

}  // namespace

const std::vector<std::string>& Workshop::parts() {
  static const std::vector<std::string> all = {"Makefile", "scripts", "include", "arch/x86",
                                               "tools",    "usr",     "mm",      "lib"};
  return all;
}

bool Workshop::is_prepared() const { return is_there(folder_ / "prepared"); }

fs::path Workshop::record(std::string_view target) const {
  std::string name(target);
  std::ranges::replace(name, '/', '+');
  return folder_ / ("not-built-" + name + ".json");
}

Task<Status> Workshop::prepare(Say say) {
  if (is_prepared()) {
    co_return Status();
  }
  std::error_code error;
  fs::remove_all(folder_, error);
  say("unpacking the selftests");
  auto source = source_.source;
  auto unpacked = co_await kernel::unpack_parts(std::move(source), parts(), folder_);
  if (!unpacked) {
    co_return unpacked;
  }
  for (const auto& patch : source_.patches) {
    auto applied = co_await apply_to_parts(folder_, patch);
    if (!applied) {
      co_return applied;
    }
  }
  if (!is_there(selftests() / "Makefile")) {
    co_return fail(
        Failure::usage,
        "there is no tools/testing/selftests in this source (a snapshot of a tree has none); --tests "
        "FOLDER takes those of a tree");
  }
  co_return write_file(folder_ / "prepared", "");
}

/// A call that was killed may have left half of a file, which make would take for whole: all goes that was
/// written since that call began.
void Workshop::remove_what_was_cut() const {
  std::error_code error;
  const auto began = fs::last_write_time(under_way(), error);
  if (error) {
    return;
  }
  std::vector<fs::path> written;
  for (const auto& entry : fs::recursive_directory_iterator(folder_, error)) {
    std::error_code gone;
    if (!entry.is_directory(gone) && fs::last_write_time(entry.path(), gone) > began && !gone) {
      written.push_back(entry.path());
    }
  }
  for (const auto& path : written) {
    fs::remove(path, error);
  }
}

Task<Status> Workshop::make_headers() {
  const auto made = folder_ / "headers";
  if (is_there(made)) {
    co_return Status();
  }
  auto command = make({"headers"});
  auto headers = co_await output_of(std::move(command));
  if (!headers) {
    co_return Error(Failure::build, headers.error().within("make headers for the selftests").text());
  }
  co_return write_file(made, "");
}

Task<Result<std::vector<NotBuilt>>> Workshop::compile(std::string target) {
  remove_what_was_cut();
  if (auto begun = write_file(under_way(), target); !begun) {
    co_return begun.error();
  }
  if (auto headers = co_await make_headers(); !headers) {
    co_return headers.error();
  }
  std::string log;
  auto command = make({"-C", "tools/testing/selftests", "TARGETS=" + target, "SKIP_TARGETS="});
  command.on_line = [&log](std::string_view line) { log.append(line).append("\n"); };
  auto end = co_await run_process(std::move(command));
  if (!end) {
    co_return end.error();
  }
  auto missing = not_built_of(log);
  if (!end->ok() && missing.empty()) {
    co_return fail(Failure::build, "cannot compile the selftests in {}: make: {}:\n{}",
                   (selftests() / target).string(), end->text(),
                   printable(log.substr(log.size() > 2000 ? log.size() - 2000 : 0)));
  }
  auto json = nlohmann::json::array();
  for (const auto& one : missing) {
    json.push_back({printable(one.program), printable(one.why)});
  }
  if (auto kept = write_file(record(target), json.dump(-1, ' ', true)); !kept) {
    co_return kept.error();
  }
  std::error_code error;
  fs::remove(under_way(), error);
  co_return missing;
}

std::optional<std::vector<NotBuilt>> Workshop::recorded(std::string_view target) const {
  if (is_there(under_way())) {
    return std::nullopt;
  }
  const auto text = read_file(record(target));
  const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!json.is_array()) {
    return std::nullopt;
  }
  std::vector<NotBuilt> missing;
  for (const auto& one : json) {
    missing.push_back({one.at(0).get<std::string>(), one.at(1).get<std::string>()});
  }
  return missing;
}

Task<Result<TargetFiles>> Workshop::files_of(std::string target) {
  std::error_code error;
  const auto folder = fs::canonical(selftests() / target, error);
  auto command = make({"-s", "--eval=" + listing_rule(), "-C", folder.string(), "assay-names"});
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return Error(Failure::build, output.error().within("list the tests of " + target).text());
  }
  co_return read_names(folder, *output);
}

Result<std::vector<std::string>> Workshop::targets() const {
  const auto makefile = read_file(selftests() / "Makefile");
  if (!makefile) {
    return makefile.error();
  }
  std::vector<std::string> targets;
  for (const auto line : split(*makefile, '\n')) {
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || (name != "TARGETS +" && name != "TARGETS")) {
      continue;
    }
    for (const auto word : split(line.substr(equals + 1), ' ')) {
      if (!trimmed(word).empty() && is_there(selftests() / trimmed(word) / "Makefile")) {
        targets.emplace_back(trimmed(word));
      }
    }
  }
  std::ranges::sort(targets);
  const auto twice = std::ranges::unique(targets);
  targets.erase(twice.begin(), twice.end());
  return targets;
}

Command Workshop::make(std::vector<std::string> words) const {
  Command command;
  const auto jobs = std::max(1U, std::thread::hardware_concurrency());
  // CROSS_COMPILE, LLVM or USERCFLAGS of whoever builds kernels, too, are in no key.
  command.argv = clean_environment();
  command.argv.insert(command.argv.end(), {"ARCH=x86_64", "make", "-k", "-O", fmt::format("-j{}", jobs)});
  command.argv.insert(command.argv.end(), words.begin(), words.end());
  command.directory = folder_;
  return command;
}

}  // namespace assay::suite
