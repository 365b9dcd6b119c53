// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/toolchain.hpp"

#include "base/process.hpp"
#include "base/text.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace assay::kernel {
namespace {

constexpr Target x86_64{"x86_64", "x86", "bzImage", "arch/x86/boot/bzImage", ""};
/// vmlinux without its debug information: QEMU takes ELF or a.out here, and nothing that is compressed
/// (sun4u_load_kernel() in hw/sparc64/sun4u.c, 7.2).
constexpr Target sparc64{"sparc64", "sparc", "image", "arch/sparc/boot/image", "sparc64-linux-gnu-"};

/// What make takes as LLVM= and hangs on the name of each tool.
constexpr std::string_view clang_suffix = "-19";

/// What only clang has; CONFIG_CC_IS_CLANG is clang itself.
constexpr std::array clang_options = {"CONFIG_CC_IS_CLANG",    "CONFIG_CFI_CLANG", "CONFIG_LTO_CLANG_FULL",
                                      "CONFIG_LTO_CLANG_THIN", "CONFIG_KMSAN",     "CONFIG_AUTOFDO_CLANG",
                                      "CONFIG_PROPELLER_CLANG"};

constexpr std::array all_build_programs{
    BuildProgram{"make", "make", "builds kernels"},
    BuildProgram{"flex", "flex", "builds kernels"},
    BuildProgram{"bison", "bison", "builds kernels"},
    BuildProgram{"bc", "bc", "builds kernels"},
    BuildProgram{"gcc", "gcc", "builds kernels"},
    BuildProgram{"git", "git", "applies patch series, and finds sources that are revisions or folders"},
    BuildProgram{"flock", "util-linux", "keeps builds of one cache apart"},
    BuildProgram{"tar", "tar", "unpacks kernel sources"},
};

bool is_on(const Options& options, std::string_view name) {
  const auto found = options.find(name);
  return found != options.end() && found->second == "y";
}

bool asks_for_clang(const Options& options) {
  return std::ranges::any_of(clang_options, [&](const char* name) { return is_on(options, name); });
}

/// A program that a kernel is built with, and the packages that have it.
struct Tool {
  std::string program;
  std::string_view packages;
};

std::array<Tool, 2> tools_of(Arch arch, Compiler compiler) {
  if (compiler == Compiler::clang) {
    constexpr std::string_view packages = "clang-19 lld-19 llvm-19";
    return {Tool{fmt::format("clang{}", clang_suffix), packages},
            Tool{fmt::format("ld.lld{}", clang_suffix), packages}};
  }
  const auto prefix = target_of(arch).tools;
  const std::string_view packages = arch == Arch::x86_64 ? "gcc binutils" : "gcc-sparc64-linux-gnu";
  return {Tool{fmt::format("{}gcc", prefix), packages}, Tool{fmt::format("{}ld", prefix), packages}};
}

Task<Result<std::string>> first_line_of(Arch arch, Tool tool) {
  if (find_program(tool.program).empty()) {
    co_return fail(Failure::infrastructure,
                   "cannot build kernels for {}: there is no {} on PATH; apt install {}", name_of(arch),
                   tool.program, tool.packages);
  }
  Command command;
  command.argv = {tool.program, "--version"};
  command.environment = {{"LC_ALL", "C"}};
  auto output = co_await output_of(std::move(command));
  if (!output) {
    co_return output.error();
  }
  co_return output->substr(0, output->find('\n'));
}

}  // namespace

std::span<const BuildProgram> build_programs() { return all_build_programs; }

Status check_programs() {
  std::vector<std::string> missing;
  std::vector<std::string> packages;
  for (const auto& [name, package, purpose] : build_programs()) {
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

Compiler compiler_for(const Options& start, const Options& over) {
  if (asks_for_clang(over)) {
    return Compiler::clang;
  }
  return asks_for_clang(start) && !is_on(over, "CONFIG_CC_IS_GCC") ? Compiler::clang : Compiler::gcc;
}

std::vector<std::string> compiler_arguments(const Target& target, Compiler compiler,
                                            std::string_view ccache) {
  if (compiler == Compiler::clang) {
    return {fmt::format("LLVM={}", clang_suffix), fmt::format("CC={}clang{}", ccache, clang_suffix)};
  }
  return {fmt::format("CROSS_COMPILE={}", target.tools), fmt::format("CC={}{}gcc", ccache, target.tools)};
}

Task<Result<std::string>> compiler_version(Arch arch, Compiler compiler) {
  if (compiler == Compiler::clang && arch != Arch::x86_64) {
    co_return fail(Failure::usage,
                   "clang builds no kernels for {}: take out CONFIG_CC_IS_CLANG and what only clang has",
                   name_of(arch));
  }
  std::string versions;
  for (const auto& tool : tools_of(arch, compiler)) {
    auto line = co_await first_line_of(arch, tool);
    if (!line) {
      co_return line.error();
    }
    versions += (versions.empty() ? "" : "; ") + *line;
  }
  co_return versions;
}

}  // namespace assay::kernel
