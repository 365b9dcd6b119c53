// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/resolve.hpp"

#include "base/text.hpp"
#include "probe/disassembly.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace assay::probe {
namespace {

constexpr std::size_t most_candidates = 5;

Error unknown_function(const DebugInfo& info, std::string_view name) {
  auto names = info.function_names();
  auto hint = did_you_mean(name, names);
  if (hint.empty()) {
    std::vector<std::string> holding;
    for (const auto& known : names) {
      if (known.find(name) != std::string::npos && holding.size() < most_candidates) {
        holding.push_back(known);
      }
    }
    hint = holding.empty() ? std::string() : fmt::format("; there is {}", listed(holding));
  }
  return fail(Failure::usage,
              "this kernel has no code of a function \"{}\": no such name, or the build dropped it{}",
              printable(name), hint);
}

Result<std::vector<FunctionCopy>> copies_or_error(const DebugInfo& info, const std::string& function) {
  auto copies = info.copies_of(function);
  if (copies.empty()) {
    return unknown_function(info, function);
  }
  return copies;
}

Result<std::vector<Spot>> function_spots(const DebugInfo& info, const std::string& function) {
  const auto copies = copies_or_error(info, function);
  if (!copies) {
    return copies.error();
  }
  std::vector<Spot> spots;
  for (const auto& copy : *copies) {
    if (!copy.piece) {
      spots.push_back({copy.entry, address_text(info, copy.entry) + (copy.inlined ? ", inlined" : "")});
    }
  }
  return spots;
}

/// Bytes that hold the instruction behind any other, and on sparc64 that behind its delay slot.
constexpr std::uint64_t margin = 32;

/// Without overlaps, by address.
std::vector<CodeRange> merged(std::vector<CodeRange> all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<CodeRange> ranges;
  for (const auto& range : all) {
    if (!ranges.empty() && range.begin <= ranges.back().end) {
      ranges.back().end = std::max(ranges.back().end, range.end);
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

/// A function's instructions in all its copies, and a few behind each piece of code, which are not its own.
struct FunctionCode {
  std::vector<Instruction> instructions;
  std::vector<CodeRange> ranges;

  [[nodiscard]] bool owns(const Instruction& instruction) const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const CodeRange& range) { return range.holds(instruction.address); });
  }
};

Task<Result<FunctionCode>> code_of(const DebugInfo& info, Arch arch, std::string function) {
  const auto copies = copies_or_error(info, function);
  if (!copies) {
    co_return copies.error();
  }
  FunctionCode code;
  for (const auto& copy : *copies) {
    code.ranges.insert(code.ranges.end(), copy.ranges.begin(), copy.ranges.end());
  }
  auto wider = code.ranges;
  for (auto& range : wider) {
    range.end += margin;
  }
  auto instructions = co_await disassemble(info.file(), arch, merged(std::move(wider)));
  if (!instructions) {
    co_return instructions.error();
  }
  code.instructions = std::move(*instructions);
  co_return code;
}

Task<Result<std::vector<Spot>>> offset_spots(const DebugInfo& info, Arch arch, OffsetPlace place) {
  const auto symbols = info.symbols_named(place.symbol);
  if (symbols.empty()) {
    co_return unknown_function(info, place.symbol);
  }
  std::vector<Spot> spots;
  for (const auto& symbol : symbols) {
    if (place.offset >= symbol.size) {
      co_return fail(Failure::usage, "{}+{:#x} lies behind its end: {} has {:#x} bytes", place.symbol,
                     place.offset, place.symbol, symbol.size);
    }
    const auto address = symbol.address + place.offset;
    std::vector<CodeRange> ranges = {{symbol.address, symbol.address + symbol.size}};
    const auto code = co_await disassemble(info.file(), arch, std::move(ranges));
    if (!code) {
      co_return code.error();
    }
    const auto after = std::find_if(code->begin(), code->end(),
                                    [address](const auto& one) { return one.address >= address; });
    if (after == code->end() || after->address != address) {
      const auto before = after == code->begin() ? after : after - 1;
      co_return fail(
          Failure::usage, "{}+{:#x} is inside of an instruction; {} begins at +{:#x}{}", place.symbol,
          place.offset, before->text, before->address - symbol.address,
          after == code->end() ? "" : fmt::format(", the next at +{:#x}", after->address - symbol.address));
    }
    spots.push_back({address, address_text(info, address)});
  }
  co_return spots;
}

/// The lines nearest to one that has no code.
std::string nearest_lines(const std::vector<LineRow>& rows, unsigned line) {
  std::set<unsigned> known;
  for (const auto& row : rows) {
    known.insert(row.line);
  }
  std::vector<std::string> near;
  const auto after = known.lower_bound(line);
  if (after != known.begin()) {
    near.push_back(fmt::to_string(*std::prev(after)));
  }
  if (after != known.end()) {
    near.push_back(fmt::to_string(*after));
  }
  return listed(near);
}

Error unknown_file(const DebugInfo& info, const std::string& file) {
  const auto files = info.source_files();
  auto hint = did_you_mean(file, files);
  // By the last part of the path when the whole of it is no help.
  std::vector<std::string> names;
  for (const auto& known : files) {
    names.push_back(known.substr(known.rfind('/') + 1));
  }
  const auto near = nearest(file.substr(file.rfind('/') + 1), names);
  const auto named = std::find(names.begin(), names.end(), near);
  if (hint.empty() && named != names.end()) {
    hint = fmt::format("; did you mean \"{}\"?", files[static_cast<std::size_t>(named - names.begin())]);
  }
  return fail(Failure::usage, "no code of this kernel comes from a file \"{}\"{}", printable(file), hint);
}

Result<std::vector<Spot>> line_spots(const DebugInfo& info, const LinePlace& place) {
  if (!info.has_lines()) {
    return fail(Failure::usage,
                "{}:{} cannot be looked up: this kernel's vmlinux has no debug information; name a function",
                place.file, place.line);
  }
  const auto rows = info.rows_of({place.file});
  if (rows.empty()) {
    return unknown_file(info, place.file);
  }
  // The lowest address in each copy of the function that the line is in.
  std::map<std::uint64_t, std::uint64_t> firsts;
  for (const auto& row : rows) {
    if (row.line == place.line) {
      const auto scope = info.scope_of(row.address);
      const auto known = firsts.try_emplace(scope, row.address).first;
      known->second = std::min(known->second, row.address);
    }
  }
  if (firsts.empty()) {
    return fail(Failure::usage, "the build made no code of {}:{}; the nearest lines with code are {}",
                place.file, place.line, nearest_lines(rows, place.line));
  }
  std::vector<Spot> spots;
  for (const auto& [scope, address] : firsts) {
    spots.push_back({address, address_text(info, address)});
  }
  return spots;
}

Task<Result<std::vector<Spot>>> call_spots(const DebugInfo& info, Arch arch, CallPlace place) {
  const auto code = co_await code_of(info, arch, place.function);
  if (!code) {
    co_return code.error();
  }
  const auto& instructions = code->instructions;
  // On sparc64 the instruction behind a call runs before the call does.
  const std::size_t step = arch == Arch::sparc64 ? 2 : 1;
  std::vector<Spot> spots;
  std::set<std::string> called;
  for (std::size_t i = 0; i + step < instructions.size(); ++i) {
    const auto target = code->owns(instructions[i]) ? called_by(instructions[i]) : std::string();
    if (!target.empty()) {
      called.insert(target);
    }
    if (target == place.target) {
      const auto after = instructions[i + step].address;
      spots.push_back({after, address_text(info, after)});
    }
  }
  if (spots.empty()) {
    const bool inlined = !info.copies_of(place.target).empty();
    co_return fail(Failure::usage, "{} has no call of {} in this kernel{}; it calls {}", place.function,
                   place.target, inlined ? ": it may be inlined there" : "",
                   called.empty() ? "nothing" : listed({called.begin(), called.end()}));
  }
  co_return spots;
}

Task<Result<std::vector<Spot>>> instruction_spots(const DebugInfo& info, Arch arch, InstructionPlace place) {
  const auto code = co_await code_of(info, arch, place.function);
  if (!code) {
    co_return code.error();
  }
  // A name that the instruction refers to counts only for a pattern that asks for one.
  const bool with_names = place.pattern.find('<') != std::string::npos;
  std::vector<Spot> spots;
  std::set<std::string> mnemonics;
  for (const auto& instruction : code->instructions) {
    if (!code->owns(instruction)) {
      continue;
    }
    mnemonics.insert(instruction.text.substr(0, instruction.text.find(' ')));
    const auto text = std::string_view(instruction.text)
                          .substr(0, with_names ? std::string::npos : instruction.text.find('<'));
    if (text.find(place.pattern) != std::string_view::npos) {
      spots.push_back({instruction.address,
                       fmt::format("{}: {}", address_text(info, instruction.address), instruction.text)});
    }
  }
  if (spots.empty()) {
    co_return fail(Failure::usage, "no instruction of {} has \"{}\" in it; there is {}", place.function,
                   printable(place.pattern), listed({mnemonics.begin(), mnemonics.end()}));
  }
  co_return spots;
}

/// One instruction once, by address.
std::vector<Spot> in_order(std::vector<Spot> spots) {
  std::stable_sort(spots.begin(), spots.end(),
                   [](const auto& a, const auto& b) { return a.address < b.address; });
  spots.erase(std::unique(spots.begin(), spots.end(),
                          [](const auto& a, const auto& b) { return a.address == b.address; }),
              spots.end());
  return spots;
}

}  // namespace

std::string address_text(const DebugInfo& info, std::uint64_t address) {
  const auto* symbol = info.symbol_at(address);
  if (symbol == nullptr) {
    return fmt::format("{:#x}", address);
  }
  return address == symbol->address ? symbol->name
                                    : fmt::format("{}+{:#x}", symbol->name, address - symbol->address);
}

Task<Result<std::vector<Spot>>> resolve(const DebugInfo& info, Arch arch, CodePlace place) {
  Result<std::vector<Spot>> spots = std::vector<Spot>();
  if (auto* function = std::get_if<FunctionPlace>(&place)) {
    spots = function_spots(info, function->function);
  } else if (auto* line = std::get_if<LinePlace>(&place)) {
    spots = line_spots(info, *line);
  } else if (auto* offset = std::get_if<OffsetPlace>(&place)) {
    spots = co_await offset_spots(info, arch, std::move(*offset));
  } else if (auto* call = std::get_if<CallPlace>(&place)) {
    spots = co_await call_spots(info, arch, std::move(*call));
  } else if (auto* instruction = std::get_if<InstructionPlace>(&place)) {
    spots = co_await instruction_spots(info, arch, std::move(*instruction));
  }
  if (!spots) {
    co_return spots.error();
  }
  co_return in_order(std::move(*spots));
}

}  // namespace assay::probe
