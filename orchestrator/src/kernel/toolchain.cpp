// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/toolchain.hpp"

#include "base/process.hpp"

namespace assay::kernel {
namespace {

Task<Result<std::string>> first_line_of(std::string program) {
  if (find_program(program).empty()) {
    co_return fail(Failure::infrastructure,
                   "cannot build kernels: there is no {} on PATH (packages gcc and binutils)", program);
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

Result<Target> target_of(Arch arch) {
  if (arch == Arch::x86_64) {
    return Target{"x86_64", "x86", "bzImage", "arch/x86/boot/bzImage"};
  }
  return fail(Failure::build, "kernels for {} cannot be built yet", name_of(arch));
}

Task<Result<std::string>> compiler_version() {
  auto compiler = co_await first_line_of("gcc");
  if (!compiler) {
    co_return compiler.error();
  }
  auto linker = co_await first_line_of("ld");
  if (!linker) {
    co_return linker.error();
  }
  co_return *compiler + "; " + *linker;
}

}  // namespace assay::kernel
