// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/toolchain.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

#include <fmt/ranges.h>

namespace assay::kernel {
namespace {

constexpr Target x86_64{"x86_64", "x86", "bzImage", "arch/x86/boot/bzImage", ""};
/// vmlinux without its debug information: OpenBIOS boots nothing that is compressed.
constexpr Target sparc64{"sparc64", "sparc", "image", "arch/sparc/boot/image", "sparc64-linux-gnu-"};

Task<Result<std::string>> first_line_of(Arch arch, std::string_view tool) {
  const auto program = fmt::format("{}{}", target_of(arch).tools, tool);
  if (find_program(program).empty()) {
    co_return fail(Failure::infrastructure,
                   "cannot build kernels for {}: there is no {} on PATH; apt install {}", name_of(arch),
                   program, arch == Arch::x86_64 ? "gcc binutils" : "gcc-sparc64-linux-gnu");
  }
  Command command;
  command.argv = {program, "--version"};
  command.environment = {{"LC_ALL", "C"}};
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return output.error();
  }
  co_return output->substr(0, output->find('\n'));
}

}  // namespace

Status check_programs() {
  struct Program {
    const char* name;
    const char* package;
  };
  std::vector<std::string> missing;
  std::vector<std::string> packages;
  for (const auto& [name, package] :
       {Program{"make", "make"}, Program{"flex", "flex"}, Program{"bison", "bison"}, Program{"bc", "bc"},
        Program{"gcc", "gcc"}, Program{"git", "git"}, Program{"flock", "util-linux"},
        Program{"tar", "tar"}}) {
    if (find_program(name).empty()) {
      missing.emplace_back(name);
      packages.emplace_back(package);
    }
  }
  if (missing.empty()) {
    return {};
  }
  return fail(Failure::infrastructure, "cannot build kernels: there is no {} on PATH; apt install {}",
              listed(missing), fmt::join(packages, " "));
}

std::vector<std::string> kernel_files(Arch arch) {
  return {"Makefile", "Kconfig", fmt::format("arch/{}/Makefile", target_of(arch).source_arch)};
}

const Target& target_of(Arch arch) { return arch == Arch::x86_64 ? x86_64 : sparc64; }

Task<Result<std::string>> compiler_version(Arch arch) {
  auto compiler = co_await first_line_of(arch, "gcc");
  if (!compiler) {
    co_return compiler.error();
  }
  auto linker = co_await first_line_of(arch, "ld");
  if (!linker) {
    co_return linker.error();
  }
  co_return *compiler + "; " + *linker;
}

}  // namespace assay::kernel
