// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/disassembly.hpp"

#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/toolchain.hpp"

#include <algorithm>
#include <charconv>

namespace assay::probe {
std::vector<Instruction> read_disassembly(std::string_view output) {
  std::vector<Instruction> instructions;
  for (const auto line : split(output, '\n')) {
    const auto text = trimmed(line);
    const auto colon = text.find(":\t");
    std::uint64_t address = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + std::min(colon, text.size()), address, 16);
    if (colon == std::string_view::npos || error != std::errc() || end != text.data() + colon) {
      continue;
    }
    instructions.push_back({address, one_line(text.substr(colon + 1))});
  }
  return instructions;
}

Task<Result<std::vector<Instruction>>> disassemble(std::filesystem::path vmlinux, Arch arch,
                                                   std::vector<CodeRange> ranges) {
  const auto program = fmt::format("{}objdump", kernel::target_of(arch).tools);
  std::vector<Instruction> instructions;
  for (const auto& range : ranges) {
    Command command;
    command.argv = {program,
                    "--disassemble",
                    "--no-show-raw-insn",
                    fmt::format("--start-address={:#x}", range.begin),
                    fmt::format("--stop-address={:#x}", range.end),
                    vmlinux.string()};
    command.environment = {{"LC_ALL", "C"}};
    auto output = co_await output_of(std::move(command));
    if (!output) {
      co_return output.error().within("disassemble " + vmlinux.string());
    }
    auto more = read_disassembly(*output);
    instructions.insert(instructions.end(), more.begin(), more.end());
  }
  co_return instructions;
}

std::string called_by(const Instruction& instruction) {
  const std::string_view text = instruction.text;
  const auto open = text.rfind('<');
  const auto close = text.rfind('>');
  if (!text.starts_with("call") || open == std::string_view::npos || close == std::string_view::npos ||
      close < open) {
    return {};
  }
  const auto target = text.substr(open + 1, close - open - 1);
  // "<do_fault+0x12>" is no call of do_fault.
  return target.find('+') != std::string_view::npos ? "" : std::string(target.substr(0, target.find('.')));
}

}  // namespace assay::probe
