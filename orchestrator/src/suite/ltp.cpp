// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/ltp.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assay::suite {
namespace {

constexpr std::string_view guest_root = "/opt/ltp";
constexpr std::string_view how_to_build = "in a clone of LTP: make autotools && ./configure && make";

bool is_word(std::string_view word) {
  return !word.empty() && word.find_first_of("=`$;|&<>()\"'\\*?") == std::string_view::npos;
}

/// Executable files below the folder, by name. Of several the one in bin/, as it is installed.
std::map<std::string, fs::path> programs_below(const fs::path& folder) {
  std::map<std::string, fs::path> programs;
  std::error_code error;
  for (auto entry =
           fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    const auto& path = entry->path();
    const bool runs = fs::is_regular_file(path, gone) && ::access(path.c_str(), X_OK) == 0;
    const bool is_object = path.extension() == ".o" || path.extension() == ".so";
    if (runs && !is_object) {
      auto& known = programs[path.filename().string()];
      if (known.empty() || path.parent_path().filename() == "bin") {
        known = path;
      }
    }
  }
  return programs;
}

/// What a test executes beside itself: "shmt04_child", "cpuset01.sh", and the libraries of its scripts.
bool is_helper_of(std::string_view name, const std::string& program) {
  const bool begins = name.size() > program.size() && name.starts_with(program);
  return (begins && (name[program.size()] == '_' || name[program.size()] == '.')) ||
         (name.starts_with("tst_") && name.ends_with(".sh"));
}

void add_files(const std::map<std::string, fs::path>& programs, const std::string& program,
               std::set<std::string>& taken, Plan& plan) {
  for (const auto& [name, path] : programs) {
    if ((name == program || is_helper_of(name, program)) && taken.insert(name).second) {
      plan.files.push_back({fmt::format("{}/testcases/bin/{}", guest_root, name), path, ""});
    }
  }
}

/// Files that a test reads: testcases/data/NAME of an installed LTP.
void add_data(const fs::path& folder, const std::string& program, Plan& plan) {
  const auto data = folder / "testcases/data" / program;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(data, error)) {
    if (entry.is_regular_file(error)) {
      plan.files.push_back({fmt::format("{}/testcases/data/{}/{}", guest_root, program,
                                        entry.path().lexically_relative(data).string()),
                            entry.path(), ""});
    }
  }
}

}  // namespace

std::vector<LtpCommand> ltp_commands(std::string_view text) {
  std::vector<LtpCommand> commands;
  for (const auto whole : split(text, '\n')) {
    const auto line = trimmed(whole);
    const auto space = line.find_first_of(" \t");
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) {
      continue;
    }
    LtpCommand one{std::string(line.substr(0, space)), std::string(trimmed(line.substr(space))), ""};
    const auto all = split(one.command, ' ');
    if (is_word(all.front())) {
      one.program = all.front();
    } else {
      // A program behind an assignment: the last command of the line.
      const auto last = one.command.rfind("; ");
      const auto word =
          last == std::string::npos ? "" : std::string(split(one.command.substr(last + 2), ' ').front());
      one.program = is_word(word) ? word : "";
    }
    commands.push_back(std::move(one));
  }
  return commands;
}

Result<Plan> plan_of_ltp(const fs::path& folder) {
  std::error_code error;
  const auto root = fs::canonical(folder, error);
  const auto text = read_file(root / "runtest/mm");
  if (error || !text) {
    return fail(Failure::usage, "{} is no folder of LTP: there is no runtest/mm in it", folder.string());
  }
  const auto programs = programs_below(root / "testcases");
  Plan plan;
  plan.suite = "ltp";
  plan.heading = "LTP, runtest/mm";
  plan.dialect = Dialect::ltp;
  plan.environment = {fmt::format("LTPROOT={}", guest_root),
                      fmt::format("PATH={}/testcases/bin:/sbin:/bin:/usr/sbin:/usr/bin", guest_root),
                      "TMPDIR=/tmp", "LTP_COLORIZE_OUTPUT=n", "LTP_TIMEOUT_MUL=10"};
  std::set<std::string> taken;
  std::size_t built = 0;
  for (auto& one : ltp_commands(*text)) {
    Category category{one.name, {"/tmp", "sh", "-c", one.command}, ""};
    if (!one.program.empty() && !programs.contains(one.program)) {
      category.not_run = fmt::format("not built: there is no program {} below testcases/", one.program);
    } else {
      ++built;
      add_files(programs, one.program, taken, plan);
      add_data(root, one.program, plan);
    }
    plan.planned.push_back({one.name, one.name, ""});
    plan.categories.push_back(std::move(category));
  }
  if (built == 0) {
    return fail(Failure::usage, "none of the programs of {} is built; {}", (root / "runtest/mm").string(),
                how_to_build);
  }
  return plan;
}

}  // namespace assay::suite
