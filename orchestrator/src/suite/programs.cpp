// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/programs.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/lock_in_turn.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "image/program_needs.hpp"
#include "kernel/git.hpp"
#include "run/kernels.hpp"
#include "series/patch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <thread>
#include <utility>

namespace assay::suite {
namespace {

/// What `make headers` and the tests read.
const std::vector<std::string>& parts() {
  static const std::vector<std::string> all = {"Makefile", "scripts", "include", "arch/x86",
                                               "tools",    "usr",     "mm",      "lib"};
  return all;
}

/// The package of Debian's that has a header.
std::string package_with(std::string_view header) {
  static const std::map<std::string_view, std::string_view> packages = {
      {"numa.h", "libnuma-dev"},
      {"numaif.h", "libnuma-dev"},
      {"sys/capability.h", "libcap-dev"},
      {"liburing.h", "liburing-dev"},
  };
  const auto found = packages.find(header);
  return found == packages.end() ? "" : fmt::format("; apt install {}", found->second);
}

/// "x.c:12:10: fatal error: numa.h: No such file or directory" with what helps.
std::string explained(std::string_view error) {
  constexpr std::string_view mark = "fatal error: ";
  const auto at = error.find(mark);
  std::string text = one_line(error);
  if (at != std::string_view::npos) {
    const auto header = error.substr(at + mark.size());
    text += package_with(header.substr(0, header.find(':')));
  }
  return text;
}

/// "make[1]: *** [../lib.mk:221: /x/mm/migration] Error 1"
std::string target_of(std::string_view line) {
  const auto open = line.find("*** [");
  const auto close = line.rfind("] Error");
  if (!line.starts_with("make[") || open == std::string_view::npos || close == std::string_view::npos) {
    return "";
  }
  const auto inside = line.substr(open, close - open);
  return fs::path(std::string(inside.substr(inside.rfind(' ') + 1))).filename().string();
}

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
  for (const auto& part : parts()) {
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

/// A folder of the cache with a part of the kernel's source.
class Workshop {
 public:
  Workshop(fs::path folder, TestSource source) : folder_(std::move(folder)), source_(std::move(source)) {}

  [[nodiscard]] fs::path suite() const {
    const auto selftests = folder_ / "tools/testing/selftests";
    return is_there(selftests / "mm") || !is_there(selftests / "vm") ? selftests / "mm" : selftests / "vm";
  }

  /// The source, with its patches and the headers that user space sees.
  Task<Status> prepare(std::function<void(std::string_view)> say) {
    const auto prepared = folder_ / "prepared";
    if (is_there(prepared)) {
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
    if (!is_there(suite() / "run_vmtests.sh")) {
      co_return fail(Failure::usage,
                     "there is no run_vmtests.sh in tools/testing/selftests/mm (or vm) of this source");
    }
    for (const auto& patch : source_.patches) {
      auto applied = co_await apply_to_parts(folder_, patch);
      if (!applied) {
        co_return applied;
      }
    }
    auto command = make({"headers"});
    auto headers = co_await output_of(std::move(command));
    if (!headers) {
      co_return Error(Failure::build, headers.error().within("make headers for the selftests").text());
    }
    co_return write_file(prepared, "");
  }

  /// Compiles what is not there yet.
  Task<Result<std::vector<NotBuilt>>> compile() {
    std::string log;
    auto command = make({"-C", "tools/testing/selftests", "TARGETS=" + suite().filename().string()});
    command.on_line = [&log](std::string_view line) { log.append(line).append("\n"); };
    auto end = co_await run_process(std::move(command));
    if (!end) {
      co_return end.error();
    }
    auto missing = not_built_of(log);
    if (!end->ok() && missing.empty()) {
      co_return fail(Failure::build, "cannot compile the selftests in {}: make: {}:\n{}", suite().string(),
                     end->text(), printable(log.substr(log.size() > 2000 ? log.size() - 2000 : 0)));
    }
    auto json = nlohmann::json::array();
    for (const auto& one : missing) {
      json.push_back({one.program, one.why});
    }
    if (auto kept = write_file(record(), json.dump(-1, ' ', true)); !kept) {
      co_return kept.error();
    }
    co_return missing;
  }

  /// What was left when it was compiled last; nothing before that.
  [[nodiscard]] std::optional<std::vector<NotBuilt>> recorded() const {
    const auto text = read_file(record());
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

 private:
  [[nodiscard]] fs::path record() const { return folder_ / "not-built.json"; }

  [[nodiscard]] Command make(std::vector<std::string> words) const {
    Command command;
    const auto jobs = std::max(1U, std::thread::hardware_concurrency());
    const auto ours = [](const char* name, const char* otherwise) {
      const char* value = std::getenv(name);
      return fmt::format("{}={}", name, value != nullptr ? value : otherwise);
    };
    // CROSS_COMPILE, LLVM or USERCFLAGS of whoever builds kernels, too, are in no key.
    command.argv = {"env",
                    "-i",
                    ours("PATH", "/usr/bin:/bin"),
                    ours("HOME", "/"),
                    ours("TMPDIR", "/tmp"),
                    "LC_ALL=C",
                    "ARCH=x86_64",
                    "make",
                    "-k",
                    "-O",
                    fmt::format("-j{}", jobs)};
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.directory = folder_;
    return command;
  }

  fs::path folder_;
  TestSource source_;
};

Task<Result<std::string>> key_of(TestSource source) {
  Command ask;
  ask.argv = {"gcc", "--version"};
  auto version = co_await output_of(std::move(ask));
  if (!version) {
    co_return version.error().within("compile the selftests");
  }
  Hasher hasher;
  hasher.add("source", source.source.sha256);
  for (const auto& patch : source.patches) {
    hasher.add(patch.reverse ? "patch taken back" : "patch", patch.text);
  }
  hasher.add("compiler", *version);
  hasher.add("environment", "none");
  for (const auto& part : parts()) {
    hasher.add("part", part);
  }
  co_return hasher.finish().substr(0, 16);
}

Task<Result<Programs>> build(fs::path cache, TestSource source, std::function<void(std::string_view)> say) {
  auto key = co_await key_of(source);
  if (!key) {
    co_return key.error();
  }
  const auto folder = cache / *key;
  std::function<void()> wait = [&say, said = false]() mutable {
    if (!std::exchange(said, true)) {
      say("waiting for another assay that compiles these selftests");
    }
  };
  auto held = co_await lock_in_turn(cache / (*key + ".lock"), std::move(wait));
  if (!held) {
    co_return held.error();
  }
  Workshop workshop(folder, std::move(source));
  auto missing = workshop.recorded();
  const auto never = run::building_is_forbidden();
  if (!never) {
    co_return never.error();
  }
  if (!missing && *never) {
    co_return fail(Failure::build,
                   "the selftests are not built, and ASSAY_BUILD=never forbids to build them");
  }
  if (missing && (missing->empty() || *never)) {
    co_return Programs{workshop.suite(), std::move(*missing)};
  }
  if (auto prepared = co_await workshop.prepare(say); !prepared) {
    co_return prepared.error();
  }
  say("compiling " + workshop.suite().lexically_relative(folder).string());
  auto compiled = co_await workshop.compile();
  if (!compiled) {
    co_return compiled.error();
  }
  co_return Programs{workshop.suite(), std::move(*compiled)};
}

}  // namespace

std::vector<NotBuilt> not_built_of(std::string_view log) {
  std::vector<NotBuilt> missing;
  std::string why;
  for (const auto line : split(log, '\n')) {
    const bool begins = line.starts_with("make[") && line.find(": Entering directory") != line.npos;
    if (begins) {
      why.clear();
    }
    const bool is_error = line.find("error: ") != line.npos ||
                          line.find("undefined reference") != line.npos ||
                          line.find("cannot find -l") != line.npos;
    if (why.empty() && is_error) {
      why = explained(line);
    }
    const auto target = target_of(line);
    if (!target.empty() && target != "all") {
      missing.push_back({target, std::exchange(why, {})});
    }
  }
  return missing;
}

Task<Result<Programs>> build_programs(fs::path cache, TestSource source, Interrupt& interrupt,
                                      std::function<void(std::string_view)> say) {
  using namespace asio::experimental::awaitable_operators;
  auto first = co_await (build(std::move(cache), std::move(source), std::move(say)) || interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted,
                   "compiling the selftests was interrupted; it goes on where it stopped");
  }
  co_return std::get<0>(std::move(first));
}

Result<std::vector<image::HostFile>> files_for_guest(const Programs& programs, const fs::path& start_script) {
  std::vector<image::HostFile> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(programs.folder, error)) {
    const auto& path = entry.path();
    const bool runs = entry.is_regular_file() && ::access(path.c_str(), X_OK) == 0;
    if (runs || path.extension() == ".sh") {
      files.push_back({fmt::format("{}/{}", guest_folder, path.filename().string()), path, ""});
    }
  }
  if (error) {
    return fail(Failure::infrastructure, "cannot read {}: {}", programs.folder.string(), error.message());
  }
  files.push_back({std::string(guest_start), start_script, ""});
  std::ranges::sort(files, {}, &image::HostFile::path);
  image::ProgramSource source;
  for (const auto& file : files) {
    source.brought.emplace(file.path, file.host);
  }
  source.environment = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin"};
  auto needs = image::ProgramNeeds::create(std::move(source));
  if (!needs) {
    return needs.error();
  }
  for (const std::string program : {"bash", "/bin/busybox"}) {
    const auto added = needs->add(program);
    if (!added || !*added) {
      return fail(Failure::usage, "cannot run selftests in a guest: there is no {}; apt install {}", program,
                  program == "bash" ? "bash" : "busybox-static");
    }
  }
  for (const auto& file : files) {
    if (auto added = needs->add_needs_of(file.host, file.path); !added) {
      return added.error().within("bring " + file.path);
    }
  }
  std::ranges::move(needs->files(), std::back_inserter(files));
  return files;
}

}  // namespace assay::suite
