// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kbuild.hpp"

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/left_out.hpp"

#include <algorithm>
#include <cstdlib>

#include <fstream>
#include <iterator>
#include <thread>

namespace assay::kernel {
namespace {

constexpr std::size_t quoted_lines = 12;
constexpr const char* installed_modules = ".assay.modules";
/// Compiler options in a file: a variant that starts from this tree must not see another command line.
constexpr const char* flags_file = ".assay.flags";
constexpr const char* gcc_debug_flags = "-g1\n-gstatement-frontiers\n-ginline-points\n";
constexpr const char* clang_debug_flags = "-g1\n";

/// ccache in its depend mode does not see what .incbin brings in: an image would get the compressed kernel of
/// another build whose size is the same to the byte. An option that ccache refuses keeps it off these files.
constexpr const char* without_ccache = "-save-temps=obj";

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

/// make with an environment of its own: KCFLAGS, MAKEFLAGS, LOCALVERSION and the like from the caller's shell
/// would make another kernel under the same identity. flock(1) keeps the tree locked while any compiler
/// lives, also when we are killed.
std::vector<std::string> make_arguments(const Kbuild& kbuild) {
  const auto jobs = kbuild.jobs != 0 ? kbuild.jobs : std::max(1U, std::thread::hardware_concurrency());
  const std::string ccache = find_program("ccache").empty() ? "" : "ccache ";
  std::vector<std::string> arguments = {"env",
                                        "-i",
                                        "PATH=" + from_environment("PATH", "/usr/bin:/bin"),
                                        "HOME=" + from_environment("HOME", "/"),
                                        "TMPDIR=" + from_environment("TMPDIR", "/tmp"),
                                        "LC_ALL=C",
                                        "SOURCE_DATE_EPOCH=0",
                                        "KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970",
                                        "KBUILD_BUILD_USER=assay",
                                        "KBUILD_BUILD_HOST=assay",
                                        "KBUILD_BUILD_VERSION=1",
                                        fmt::format("KCFLAGS=@{}", flags_file),
                                        "CCACHE_DIR=" + kbuild.ccache.string(),
                                        "CCACHE_MAXSIZE=2G",
                                        "CCACHE_COMPILERCHECK=content",
                                        "CCACHE_DEPEND=1",
                                        "flock",
                                        kbuild.lock.string(),
                                        "make",
                                        fmt::format("-j{}", jobs),
                                        fmt::format("ARCH={}", kbuild.target.kbuild_arch),
                                        fmt::format("HOSTCC={}gcc", ccache),
                                        fmt::format("AFLAGS_piggy.o={}", without_ccache),
                                        fmt::format("AFLAGS_rmpiggy.o={}", without_ccache)};
  std::ranges::move(compiler_arguments(kbuild.target, kbuild.compiler, ccache),
                    std::back_inserter(arguments));
  return arguments;
}

/// Debug information about lines and inlined functions, for places in the kernel: it changes no code and ends
/// up in vmlinux only. -g1 alone has no line for a statement whose code was merged with others, and puts the
/// entries of inlined functions anywhere. Where the configuration asks for more, that stays. The tree's own
/// path is left out, so that equal trees give equal kernels.
Status write_flags(const Kbuild& kbuild) {
  const auto& tree = kbuild.tree;
  const auto config = read_file(tree / ".config");
  const auto* debug_flags = kbuild.compiler == Compiler::clang ? clang_debug_flags : gcc_debug_flags;
  const bool asks_for_more = config && config->find("\nCONFIG_DEBUG_INFO=y\n") != std::string::npos;
  return write_file(tree / flags_file, fmt::format("{}\"-fdebug-prefix-map={}=.\"\n",
                                                   asks_for_more ? "" : debug_flags, tree.string()));
}

/// Runs make and keeps its output in the log and in `said`.
Task<Result<ProcessEnd>> make(const Kbuild& kbuild, std::vector<std::string> goals,
                              const std::function<void(std::string_view)>& on_line,
                              std::vector<std::string>& said) {
  std::ofstream log(kbuild.log, std::ios::app);
  Command command;
  if (auto written = write_flags(kbuild); !written) {
    co_return written.error();
  }
  command.argv = make_arguments(kbuild);
  command.argv.insert(command.argv.end(), goals.begin(), goals.end());
  command.directory = kbuild.tree;
  command.on_line = [&](std::string_view line) {
    log << line << '\n';
    said.emplace_back(line);
    on_line(line);
  };
  auto end = co_await run_process(std::move(command));
  log.flush();
  if (!log) {
    co_return fail(Failure::infrastructure, "cannot write {}: is the disk full?", kbuild.log.string());
  }
  co_return end;
}

bool says(std::string_view line, std::string_view part) { return line.find(part) != std::string_view::npos; }

bool is_trouble(std::string_view line) {
  return says(line, " error: ") || says(line, "fatal error:") || says(line, "undefined reference") ||
         says(line, "*** ") || says(line, "No such file or directory");
}

/// "  CC      mm/memory.o" -> "compiling mm/memory.o"; "" for lines that are no step.
std::string step_of(std::string_view line) {
  if (!line.starts_with("  ") || line.size() < 4 || line[2] == ' ') {
    return {};
  }
  const auto rest = trimmed(line);
  const auto gap = rest.find(' ');
  if (gap == std::string_view::npos) {
    return {};
  }
  const auto verb = rest.substr(0, gap);
  auto object = trimmed(rest.substr(gap));
  if (object.starts_with('/')) {
    object = object.substr(object.rfind('/') + 1);
  }
  const bool compiles = verb == "CC" || verb == "AS" || verb == "HOSTCC";
  return fmt::format("{} {}", compiles ? "compiling" : "making", object);
}

/// A hint when a file is missing because the source was trimmed.
std::string trimmed_hint(const std::vector<std::string>& said) {
  for (const std::string_view line : said) {
    const auto quote = line.find("No rule to make target '");
    if (quote == std::string_view::npos) {
      continue;
    }
    auto target = line.substr(line.find('\'') + 1);
    target = target.substr(0, target.find('\''));
    const auto dot = target.rfind('.');
    if (dot != std::string_view::npos && is_left_out(std::string(target.substr(0, dot)) + ".c")) {
      return fmt::format(
          "\n  {} is among the drivers that are not unpacked; take the option out that wants it",
          printable(target));
    }
  }
  return {};
}

Error make_failure(const Kbuild& kbuild, std::string_view what, const ProcessEnd& end,
                   const std::vector<std::string>& said) {
  const bool full = std::any_of(said.begin(), said.end(),
                                [](const auto& line) { return says(line, "No space left on device"); });
  return fail(full ? Failure::infrastructure : Failure::build,
              "{}: make ended with {}{}{}\n  the whole log: {}", what, end.text(), first_errors(said),
              trimmed_hint(said), kbuild.log.string());
}

bool says_in(const fs::path& file, std::string_view text) {
  const auto content = read_file(file);
  return content && ("\n" + *content).find(text) != std::string::npos;
}

bool has_modules(const fs::path& tree) { return says_in(tree / ".config", "=m\n"); }

bool has_gdb_scripts(const fs::path& tree) {
  // Old trees have no goal for them alone.
  return says_in(tree / ".config", "\nCONFIG_GDB_SCRIPTS=y\n") &&
         says_in(tree / "Makefile", "\nscripts_gdb:");
}

/// Without their debug information, and without depmod: a guest gets lists over what comes along.
Task<Status> install_modules(Kbuild kbuild, ProgressMeter& meter) {
  std::error_code error;
  fs::remove_all(kbuild.tree / installed_modules, error);
  meter.step("installing modules", 1);
  std::vector<std::string> said;
  const std::function<void(std::string_view)> ignore = [](std::string_view) {};
  std::vector<std::string> goals = {"INSTALL_MOD_STRIP=1", "DEPMOD=true",
                                    fmt::format("INSTALL_MOD_PATH={}", installed_modules), "modules_install"};
  auto end = co_await make(kbuild, std::move(goals), ignore, said);
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    co_return make_failure(kbuild, "its modules cannot be installed", *end, said);
  }
  co_return Status();
}

constexpr std::size_t named_unknown = 8;

std::string note_on(std::vector<std::string> unknown) {
  if (unknown.empty()) {
    return {};
  }
  const auto count = unknown.size();
  if (count > named_unknown) {
    unknown.resize(named_unknown);
    unknown.emplace_back(fmt::format("{} more", count - named_unknown));
  }
  return fmt::format("this kernel does not have {} option{} of its .config: {}", count, plural(count),
                     listed(unknown));
}

/// The note, or the error about what is not as it was asked for.
Result<std::string> compared(const Kbuild& kbuild, const ConfigWish& wish, const Options& got) {
  auto dropped = dropped_options(wish.options, got);
  if (dropped.empty() && dropped_options(wish.start, got).empty()) {
    return std::string();
  }
  const KconfigIndex index(kbuild.tree, kbuild.target.source_arch);
  auto lost = lost_options(wish.start, wish.options, got, index);
  std::ranges::move(lost.dropped, std::back_inserter(dropped));
  if (dropped.empty()) {
    return note_on(std::move(lost.unknown));
  }
  return fail(Failure::build, "Kconfig dropped {} option{} that the configuration asks for:{}",
              dropped.size(), plural(dropped.size()), explain_dropped(index, got, dropped, wish.files));
}

}  // namespace

fs::path modules_of(const fs::path& tree, const std::string& release) {
  std::error_code error;
  const auto folder = tree / installed_modules / "lib/modules" / release;
  return has_modules(tree) && fs::exists(folder, error) ? folder : fs::path();
}

std::vector<fs::path> gdb_scripts_of(const fs::path& tree) {
  std::vector<fs::path> scripts;
  if (!has_gdb_scripts(tree)) {
    return scripts;
  }
  scripts.emplace_back("vmlinux-gdb.py");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(tree / "scripts/gdb/linux", error)) {
    if (entry.path().extension() == ".py") {
      scripts.push_back(entry.path().lexically_relative(tree));
    }
  }
  std::ranges::sort(scripts);
  return scripts;
}

std::string first_errors(const std::vector<std::string>& log) {
  auto first = std::find_if(log.begin(), log.end(), is_trouble);
  if (first == log.end()) {
    first = log.size() > quoted_lines ? log.end() - quoted_lines : log.begin();
  }
  std::string text;
  for (std::size_t lines = 0; first != log.end() && lines < quoted_lines; ++first) {
    if (step_of(*first).empty()) {
      text += "\n  " + printable(*first);
      ++lines;
    }
  }
  return text;
}

Task<Result<std::string>> configure(Kbuild kbuild, ConfigWish wish, ProgressMeter& meter) {
  std::vector<std::string> goals = {"KCONFIG_ALLCONFIG=.assay.config", "allnoconfig"};
  auto fragment = kbuild.tree / ".assay.config";
  if (!wish.start.empty()) {
    goals = {"olddefconfig"};
    fragment = kbuild.tree / ".config";
  }
  if (auto written = write_file(fragment, config_text(overlaid(wish.start, wish.options))); !written) {
    co_return written.error();
  }
  meter.step("configuring", 0);
  std::vector<std::string> said;
  const std::function<void(std::string_view)> ignore = [](std::string_view) {};
  auto end = co_await make(kbuild, std::move(goals), ignore, said);
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    co_return make_failure(kbuild, "Kconfig failed", *end, said);
  }
  auto made = read_file(kbuild.tree / ".config");
  if (!made) {
    co_return made.error();
  }
  auto got = parse_config(".config", *made);
  if (!got) {
    co_return got.error();
  }
  co_return compared(kbuild, wish, *got);
}

Task<Status> compile(Kbuild kbuild, std::size_t expected, ProgressMeter& meter) {
  std::size_t steps = 0;
  std::vector<std::string> said;
  const std::function<void(std::string_view)> report = [&](std::string_view line) {
    if (const auto step = step_of(line); !step.empty()) {
      if (++steps >= expected) {
        expected = steps + steps / 4 + 1;  // there is more to do than it seemed, and nobody knows how much
      }
      meter.step(printable(step), static_cast<double>(steps) / static_cast<double>(expected));
    }
  };
  meter.step("compiling", 0);
  std::vector<std::string> goals = {std::string(kbuild.target.goal)};
  if (has_gdb_scripts(kbuild.tree)) {
    goals.emplace_back("scripts_gdb");
  }
  const bool modules = has_modules(kbuild.tree);
  if (modules) {
    goals.emplace_back("modules");
  }
  auto end = co_await make(kbuild, std::move(goals), report, said);
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    co_return make_failure(kbuild, "the kernel does not compile", *end, said);
  }
  if (!modules) {
    co_return Status();
  }
  co_return co_await install_modules(std::move(kbuild), meter);
}

}  // namespace assay::kernel
