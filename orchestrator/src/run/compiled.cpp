// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/compiled.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/random_name.hpp"

#include <chrono>
#include <utility>

namespace assay::run {
namespace {

constexpr auto program_life = std::chrono::hours(24 * 30);

std::string compiler_of(Arch arch) { return arch == Arch::sparc64 ? "sparc64-linux-gnu-gcc" : "gcc"; }

struct Compilation {
  fs::path source;
  std::vector<std::string> command;  ///< without what is made
};

/// All lines that a command prints, or what went wrong, in its own words.
Task<Result<std::string>> printed(std::vector<std::string> argv, const Compilation& what) {
  constexpr std::size_t most_lines = 40;
  std::string text;
  std::string words;
  std::size_t lines = 0;
  Command command;
  command.argv = std::move(argv);
  command.directory = what.source.parent_path();
  command.environment = {{"LC_ALL", "C"}};  // messages in ASCII, the same for everybody
  command.on_line = [&](std::string_view line) {
    text += line;
    text += '\n';
    if (++lines <= most_lines) {
      words = text;
    }
  };
  auto ended = co_await run_process(std::move(command));
  if (!ended) {
    co_return ended.error();
  }
  if (!ended->ok()) {
    co_return fail(Failure::usage, "cannot compile it: {}\n{}{}", ended->text(), words,
                   lines > most_lines ? "...\n" : "");
  }
  co_return text;
}

/// What the preprocessor makes of the source has all files in it that it includes.
Task<Result<std::string>> key_of(const Compilation& what) {
  auto check = what.command;
  check.emplace_back("-fsyntax-only");  // what -E says of a mistake is lost in what it prints
  if (auto said = co_await printed(std::move(check), what); !said) {
    co_return said.error();
  }
  auto argv = what.command;
  argv.emplace_back("-E");
  auto whole = co_await printed(std::move(argv), what);
  if (!whole) {
    co_return whole.error();
  }
  std::vector<std::string> ask{what.command.front(), "--version"};
  const auto version = co_await printed(std::move(ask), what);
  if (!version) {
    co_return version.error();
  }
  Hasher hasher;
  hasher.add("source", *whole);
  hasher.add("compiler", *version);
  for (const auto& word : what.command) {
    hasher.add("word", word);
  }
  co_return hasher.finish();
}

void remove_old(const fs::path& cache) {
  std::error_code error;
  const auto then = fs::file_time_type::clock::now() - program_life;
  for (const auto& entry : fs::directory_iterator(cache, error)) {
    if (entry.last_write_time(error) < then && !error) {
      fs::remove_all(entry.path(), error);
    }
  }
}

}  // namespace

Task<Result<fs::path>> compiled(Places places, Arch arch, fs::path source, std::vector<std::string> flags) {
  const auto compiler = compiler_of(arch);
  if (find_program(compiler).empty()) {
    co_return fail(Failure::usage, "cannot compile it: there is no {} here: apt install {}", compiler,
                   arch == Arch::sparc64 ? "gcc-sparc64-linux-gnu libc6-dev-sparc64-cross" : "gcc libc6-dev");
  }
  Compilation what{source,
                   {compiler, "-O2", "-g", "-static", "-I", (places.images / "include").string(),
                    source.filename().string()}};
  what.command.insert(what.command.end(), flags.begin(), flags.end());
  auto key = co_await key_of(what);
  if (!key) {
    co_return key.error();
  }
  const auto folder = places.cache / "programs" / *key;
  auto program = folder / source.stem();
  std::error_code error;
  if (fs::exists(program, error)) {
    fs::last_write_time(folder, fs::file_time_type::clock::now(), error);
    co_return program;
  }
  remove_old(folder.parent_path());
  if (auto made = make_directories(folder); !made) {
    co_return made.error();
  }
  const auto fresh = folder / random_name();
  auto argv = what.command;
  argv.insert(argv.end(), {"-o", fresh.string(), "-lpthread"});
  auto said = co_await printed(std::move(argv), what);
  if (!said) {
    fs::remove(fresh, error);
    fs::remove(folder, error);  // another run may have made it there
    co_return said.error();
  }
  fs::rename(fresh, program, error);
  if (error) {
    co_return fail(Failure::infrastructure, "cannot keep {}: {}", program.string(), error.message());
  }
  co_return program;
}

}  // namespace assay::run
