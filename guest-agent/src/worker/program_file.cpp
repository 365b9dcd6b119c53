// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_file.hpp"

#include "elf_program.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

namespace assay::agent {
namespace {

/// The kernel itself looks no deeper.
constexpr int most_interpreters = 5;

#if defined(__x86_64__)
constexpr unsigned own_machine = EM_X86_64;
#elif defined(__sparc__)
constexpr unsigned own_machine = EM_SPARCV9;
#endif

std::string head_of(const std::string& path, std::size_t length) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(length, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(length));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

std::string machine_name(unsigned machine) {
  constexpr std::array<std::pair<unsigned, const char*>, 12> names{{{EM_X86_64, "x86_64"},
                                                                    {EM_386, "i386"},
                                                                    {EM_AARCH64, "aarch64"},
                                                                    {EM_ARM, "arm"},
                                                                    {EM_SPARCV9, "sparc64"},
                                                                    {EM_SPARC, "sparc"},
                                                                    {EM_RISCV, "riscv"},
                                                                    {EM_PPC64, "ppc64"},
                                                                    {EM_PPC, "ppc"},
                                                                    {EM_S390, "s390"},
                                                                    {EM_MIPS, "mips"},
                                                                    {258, "loongarch"}}};
  const auto* const found = std::ranges::find(names, machine, [](const auto& name) { return name.first; });
  return found != names.end() ? found->second : "machine " + std::to_string(machine);
}

bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string why_not_elf(const wire::ElfProgram& program) {
  if (program.machine != own_machine || !program.is_64) {
    return "it is a program for " + machine_name(program.machine) + ", and this guest is " +
           machine_name(own_machine);
  }
  if (!program.loader.empty() && !is_there(program.loader)) {
    return "it needs " + program.loader +
           ", which is not in the guest: link it with -static, or bring its libraries";
  }
  return "";
}

/// Of "#!/bin/sh -e" the "/bin/sh".
std::string interpreter_of(const std::string& head) {
  const std::size_t end = head.find('\n');
  const std::size_t begin = head.find_first_not_of(" \t", 2);
  return begin >= end ? "" : head.substr(begin, std::min(end, head.find_first_of(" \t\n", begin)) - begin);
}

std::string why_not(const std::string& path, int depth) {
  if (const auto program = wire::read_elf_program(path)) {
    return why_not_elf(*program);
  }
  const auto head = head_of(path, 4096);
  if (!head.starts_with("#!") || depth == most_interpreters) {
    return "";
  }
  const auto interpreter = interpreter_of(head);
  if (interpreter.empty()) {
    return "its first line names no interpreter";
  }
  if (!is_there(interpreter)) {
    return "its interpreter " + interpreter + " is not in the guest";
  }
  const auto deeper = why_not(interpreter, depth + 1);
  return deeper.empty() ? "" : "its interpreter is " + interpreter + ", and " + deeper;
}

}  // namespace

std::string find_program(const std::string& word, const std::vector<std::string>& environment) {
  if (word.find('/') != std::string::npos) {
    return word;
  }
  static constexpr std::string_view variable = "PATH=";
  const auto path =
      std::ranges::find_if(environment, [](const auto& one) { return one.starts_with(variable); });
  std::istringstream folders(path != environment.end() ? path->substr(variable.size()) : "/bin:/usr/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = (folder.empty() ? "." : folder) + "/" + word;
    struct stat status{};
    if (::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(file.c_str(), X_OK) == 0) {
      return file;
    }
  }
  return "";
}

bool is_for_shell(const std::string& path) {
  const auto head = head_of(path, 256);
  return !head.starts_with(ELFMAG) && !head.starts_with("#!") && head.find('\0') == std::string::npos;
}

std::string why_not_executed(const std::string& path) { return why_not(path, 0); }

}  // namespace assay::agent
