// SPDX-License-Identifier: GPL-2.0-or-later
#include "debugger/gdb.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <iterator>

namespace assay::debugger {

Gdb gdb_for(Arch arch) {
  return arch == Arch::x86_64 ? Gdb{"gdb", "gdb"} : Gdb{"gdb-multiarch", "gdb-multiarch"};
}

Status check_gdb(Arch arch) {
  const auto [program, package] = gdb_for(arch);
  return !find_program(program).empty()
             ? Status()
             : fail(Failure::infrastructure,
                    "cannot debug guests for {}: there is no {} on PATH; apt install {}", name_of(arch),
                    program, package);
}

std::vector<std::string> gdb_command(const Target& target, const std::vector<std::string>& more) {
  std::vector<std::string> words{gdb_for(target.arch).program, "-q"};
  const auto add = [&words](const char* option, std::string text) {
    words.emplace_back(option);
    words.push_back(std::move(text));
  };
  for (const auto& script : target.scripts) {
    add("-iex", "add-auto-load-safe-path " + script.string());
  }
  // gdb puts each in front of those before.
  for (auto folder = target.sources.rbegin(); folder != target.sources.rend(); ++folder) {
    add("-iex", "directory " + folder->string());
  }
  words.push_back(target.vmlinux.string());
  add("-ex", "target remote " + target.socket.string());
  std::ranges::copy(more, std::back_inserter(words));
  return words;
}

std::string gdb_line(const Target& target) {
  std::string line;
  for (const auto& word : gdb_command(target)) {
    line += (line.empty() ? "" : " ") + quoted_word(word);
  }
  return line;
}

}  // namespace assay::debugger
