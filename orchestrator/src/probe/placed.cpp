// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/placed.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace assay::probe {
namespace {

/// The agent says that it begins and ends to measure by these two system calls, which nothing else needs.
constexpr const char* begin_call = "sched_get_priority_max";
constexpr const char* end_call = "sched_get_priority_min";

std::vector<std::uint64_t> entries_of_call(const DebugInfo& info, Arch arch, std::string_view call) {
  const auto prefix = arch == Arch::x86_64 ? "__x64_sys_" : "sys_";
  std::vector<std::uint64_t> entries;
  for (const auto& symbol : info.symbols_named(fmt::format("{}{}", prefix, call))) {
    entries.push_back(symbol.address);
  }
  return entries;
}

/// On sparc64, where programs have the low addresses of the kernel, too: the first label behind which the
/// kernel has its final addresses. What runs before the anchor does stays translated unwatched, and printk()
/// and all that it needs run before start_kernel().
std::optional<std::uint64_t> anchor_of(const DebugInfo& info) {
  for (const auto* name : {"tlb_fixup_done", "start_kernel"}) {
    if (const auto found = info.symbols_named(name); !found.empty()) {
      return found.front().address;
    }
  }
  return std::nullopt;
}

/// What the debug information says about the files of a patch.
class PatchedFiles {
 public:
  PatchedFiles(const DebugInfo& info, const Patch& patch)
      : info_(info), may_be_in_modules_(patch.may_be_in_modules) {
    std::set<std::string> names;
    for (const auto& line : patch.lines) {
      names.insert(line.file);
    }
    const std::vector<std::string> files(names.begin(), names.end());
    rows_ = info.rows_of(files);
    functions_ = info.function_lines_of(files);
    for (auto& file : info.source_files()) {
      if (names.contains(file)) {
        built_.insert(std::move(file));
      }
    }
  }

  /// Every row of the line: it ran if any of its code did.
  [[nodiscard]] PlacedPlace place(const PatchLine& line) const {
    PlacedPlace place{fmt::format("{}:{}", line.file, line.line), {}, CoveredLine{line}};
    if (line.removed) {
      place.line->state = LineState::removed;
      return place;
    }
    for (auto row = first_from(rows_, line.file, line.line);
         row != rows_.end() && row->file == line.file && row->line == line.line; ++row) {
      place.spots.push_back({row->address, address_text(info_, row->address)});
    }
    if (!place.spots.empty()) {
      place.line->state = LineState::not_run;
    } else if (!is_built(line.file)) {
      const bool unwatched = may_be_in_modules_ && line.file.ends_with(".c");
      place.line->state = unwatched ? LineState::unwatched : LineState::not_built;
    } else {
      place.line->among_code = among_code(line);
    }
    return place;
  }

 private:
  using Rows = std::vector<LineRow>;

  static Rows::const_iterator first_from(const Rows& rows, const std::string& file, unsigned line) {
    return std::lower_bound(
        rows.begin(), rows.end(), std::tie(file, line),
        [](const LineRow& row, const auto& wanted) { return std::tie(row.file, row.line) < wanted; });
  }

  /// A header of which nothing but macros is used is not known to debug information.
  [[nodiscard]] bool is_built(const std::string& file) const {
    return built_.contains(file) || file.ends_with(".h");
  }

  /// Whether lines on both sides have code, and no function with code begins between these.
  [[nodiscard]] bool among_code(const PatchLine& line) const {
    const auto after = first_from(rows_, line.file, line.line);
    const auto next_function = first_from(functions_, line.file, line.line + 1);
    if (after == rows_.begin() || after == rows_.end() || after->file != line.file ||
        next_function == functions_.begin() || std::prev(next_function)->file != line.file) {
      return false;
    }
    const bool same_function = next_function == functions_.end() || next_function->file != line.file ||
                               after->line < next_function->line;
    return same_function && std::prev(after)->file == line.file &&
           std::prev(after)->line >= std::prev(next_function)->line;
  }

  const DebugInfo& info_;
  bool may_be_in_modules_;
  Rows rows_;
  Rows functions_;
  std::set<std::string> built_;
};

std::vector<PlacedPlace> place_patch(const DebugInfo& info, const Patch& patch) {
  const PatchedFiles files(info, patch);
  std::vector<PlacedPlace> places;
  for (const auto& line : patch.lines) {
    places.push_back(files.place(line));
  }
  return places;
}

/// "e.toml:40:9: " of a place, or "".
std::string named_in(const ProbeSpec& spec, std::size_t place) {
  return place < spec.at.size() ? spec.at[place] + ": " : "";
}

Task<Result<PlacedProbe>> place_probe(const DebugInfo& info, Arch arch, const ProbeSpec& spec,
                                      const Patch& patch) {
  PlacedProbe placed{spec, {}};
  for (std::size_t i = 0; i < spec.places.size(); ++i) {
    const auto& text = spec.places[i];
    auto place = parse_place(text);
    if (!place) {
      co_return place.error();
    }
    if (std::holds_alternative<PatchPlace>(*place)) {
      if (!spec.automatic && std::ranges::all_of(patch.lines, &PatchLine::removed)) {
        co_return fail(Failure::usage, "{}probe {}: this kernel has no series that adds or changes a line",
                       named_in(spec, i), spec.name);
      }
      auto lines = place_patch(info, patch);
      std::move(lines.begin(), lines.end(), std::back_inserter(placed.places));
      continue;
    }
    auto spots = co_await resolve(info, arch, std::move(*place));
    if (!spots) {
      co_return fail(spots.error().kind(), "{}probe {}: {}", named_in(spec, i), spec.name,
                     spots.error().text());
    }
    placed.places.push_back({text, std::move(*spots), std::nullopt});
  }
  co_return placed;
}

}  // namespace

Task<Result<KernelProbes>> place_probes(std::filesystem::path vmlinux, Arch arch,
                                        std::vector<ProbeSpec> specs, Patch patch) {
  const auto info = DebugInfo::open(vmlinux);
  if (!info) {
    co_return info.error();
  }
  KernelProbes probes;
  for (const auto& spec : specs) {
    auto placed = co_await place_probe(*info, arch, spec, patch);
    if (!placed) {
      co_return placed.error();
    }
    probes.probes.push_back(std::move(*placed));
  }
  probes.begin_marks = entries_of_call(*info, arch, begin_call);
  probes.end_marks = entries_of_call(*info, arch, end_call);
  if (arch == Arch::sparc64) {
    const auto anchor = anchor_of(*info);
    if (!anchor) {
      co_return fail(Failure::usage, "{} has no start_kernel(): it is no kernel's vmlinux", vmlinux.string());
    }
    probes.anchor = *anchor;
  }
  co_return probes;
}

}  // namespace assay::probe
