// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/compiled.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/random_name.hpp"
#include "base/scratch_folder.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

namespace assay::run {
namespace {

constexpr auto program_life = std::chrono::hours(24 * 30);

std::string compiler_of(Arch arch) { return arch == Arch::sparc64 ? "sparc64-linux-gnu-gcc" : "gcc"; }

struct Compilation {
  fs::path source;
  std::vector<std::string> command;  ///< without what is made
};

constexpr std::size_t most_lines = 40;  ///< of what went wrong

/// All lines that a command prints, or what went wrong, in its own words.
Task<Result<std::string>> printed(std::vector<std::string> argv, const Compilation& what) {
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

Task<Result<std::string>> version_of(std::string compiler) {
  Command ask;
  ask.argv = {std::move(compiler), "--version"};
  auto version = co_await output_of(std::move(ask));
  co_return version;
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
  auto version = co_await version_of(what.command.front());
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

/// Compilers are looked for by name.
Status require_compiler(std::string_view verb, Arch arch) {
  const auto compiler = compiler_of(arch);
  return find_program(compiler).empty()
             ? fail(Failure::usage, "cannot {} it: there is no {} here: apt install {}", verb, compiler,
                    arch == Arch::sparc64 ? "gcc-sparc64-linux-gnu libc6-dev-sparc64-cross" : "gcc libc6-dev")
             : Status();
}

/// A file or link of a folder with a Makefile.
struct SourceFile {
  std::string name;  ///< below the folder
  bool is_link = false;
};

/// Sorted. What git keeps is left out.
Result<std::vector<SourceFile>> files_below(const fs::path& folder) {
  constexpr std::size_t most_files = 10'000;
  constexpr Bytes most_bytes = mib(256);
  std::vector<SourceFile> files;
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto type = at->symlink_status(error).type();
    if (at->path().filename() == ".git") {
      at.disable_recursion_pending();
    } else if (type == fs::file_type::regular || type == fs::file_type::symlink) {
      bytes += type == fs::file_type::regular ? at->file_size(error) : 0;
      files.push_back({at->path().lexically_relative(folder).string(), type == fs::file_type::symlink});
    }
    if (files.size() > most_files || bytes > most_bytes.value()) {
      return fail(Failure::usage,
                  "cannot make it: {} has more than {} files or {}: give the program a folder of its own",
                  shown(folder), most_files, human(most_bytes));
    }
  }
  if (error) {
    return fail(Failure::usage, "cannot make it: cannot read {}: {}", shown(folder), error.message());
  }
  std::ranges::sort(files, {}, &SourceFile::name);
  return files;
}

Status add_files(Hasher& hasher, const fs::path& folder, const std::vector<SourceFile>& files) {
  std::error_code error;
  for (const auto& file : files) {
    const auto path = folder / file.name;
    if (file.is_link) {
      hasher.add("link " + file.name, fs::read_symlink(path, error).string());
    } else {
      hasher.add("mode", fmt::to_string(static_cast<unsigned>(fs::status(path, error).permissions())));
      if (auto added = hasher.add_file(file.name, path); !added) {
        return added.error().within("make it");
      }
    }
  }
  return {};
}

Status copy_files(const fs::path& from, const std::vector<SourceFile>& files, const fs::path& to) {
  for (const auto& file : files) {
    if (auto there = make_directories((to / file.name).parent_path()); !there) {
      return there;
    }
    std::error_code error;
    fs::copy(from / file.name, to / file.name, fs::copy_options::copy_symlinks, error);
    if (error) {
      return fail(Failure::infrastructure, "cannot copy {}: {}", shown(from / file.name), error.message());
    }
  }
  return {};
}

/// With the last lines of what it said when it fails.
Task<Status> make(fs::path folder, std::string target, Arch arch, fs::path include) {
  std::deque<std::string> last;
  Command command;
  const std::string prefix = arch == Arch::sparc64 ? "sparc64-linux-gnu-" : "";
  // CFLAGS, MAKEFLAGS and the like of whoever calls are in no key.
  command.argv = clean_environment();
  command.argv.insert(command.argv.end(),
                      {"LDFLAGS=-static", "C_INCLUDE_PATH=" + include.string(), "make", "-B",
                       "CC=" + compiler_of(arch), "CROSS_COMPILE=" + prefix, target});
  command.directory = folder;
  command.on_line = [&last](std::string_view line) {
    last.emplace_back(line);
    if (last.size() > most_lines) {
      last.pop_front();
    }
  };
  auto ended = co_await run_process(std::move(command));
  if (!ended) {
    co_return ended.error();
  }
  if (!ended->ok()) {
    co_return fail(Failure::usage, "cannot make {}: {}\n{}\n", target, ended->text(), fmt::join(last, "\n"));
  }
  std::error_code error;
  co_return fs::is_regular_file(folder / target, error)
      ? Status()
      : fail(Failure::usage, "make {} ended well, but there is no file {}: call the program as its target",
             target, target);
}

/// Of all that goes into it: the folder's files and those of `include`.
Task<Result<std::string>> key_of_folder(fs::path folder, fs::path include, Arch arch, std::string target) {
  auto version = co_await version_of(compiler_of(arch));
  if (!version) {
    co_return version.error();
  }
  Hasher hasher;
  hasher.add("target", target);
  hasher.add("compiler", *version);
  for (const auto* below : {&folder, &include}) {
    const auto files = files_below(*below);
    auto added = files ? add_files(hasher, *below, *files) : Status(files.error());
    if (!added) {
      co_return added.error();
    }
  }
  co_return hasher.finish();
}

}  // namespace

Task<Result<fs::path>> made(Places places, Arch arch, fs::path folder, std::string target) {
  if (auto there = require_compiler("make", arch); !there) {
    co_return there.error();
  }
  const auto files = files_below(folder);
  if (!files) {
    co_return files.error();
  }
  const auto include = places.images / "include";
  auto key = co_await key_of_folder(folder, include, arch, target);
  if (!key) {
    co_return key.error();
  }
  const auto kept = places.cache / "programs" / *key;
  auto program = kept / target;
  std::error_code error;
  if (fs::exists(program, error)) {
    fs::last_write_time(kept, fs::file_time_type::clock::now(), error);
    co_return program;
  }
  remove_old(kept.parent_path());
  const ScratchFolder fresh(kept.parent_path() / random_name());
  if (auto copied = copy_files(folder, *files, fresh.path()); !copied) {
    co_return copied.error();
  }
  auto ended = co_await make(fresh.path(), target, arch, include);
  if (!ended) {
    co_return ended.error();
  }
  fs::rename(fresh.path(), kept, error);
  if (error && !fs::exists(program)) {  // another run may have made it
    co_return fail(Failure::infrastructure, "cannot keep {}: {}", kept.string(), error.message());
  }
  co_return program;
}

Task<Result<fs::path>> compiled(Places places, Arch arch, fs::path source, std::vector<std::string> flags) {
  if (auto there = require_compiler("compile", arch); !there) {
    co_return there.error();
  }
  Compilation what{source,
                   {compiler_of(arch), "-O2", "-g", "-static", "-I", (places.images / "include").string(),
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
