// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/placed.hpp"

#include <algorithm>

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

/// Every row of a patched line: it ran if any of its code did.
std::vector<PlacedPlace> place_patch(const DebugInfo& info, const std::vector<PatchLine>& patch) {
  std::vector<std::string> files;
  for (const auto& line : patch) {
    if (std::find(files.begin(), files.end(), line.file) == files.end()) {
      files.push_back(line.file);
    }
  }
  const auto rows = info.rows_of(files);
  std::vector<PlacedPlace> places;
  for (const auto& line : patch) {
    PlacedPlace place{fmt::format("{}:{}", line.file, line.line), {}, line};
    for (const auto& row : rows) {
      if (row.line == line.line && row.file == line.file) {
        place.spots.push_back({row.address, address_text(info, row.address)});
      }
    }
    places.push_back(std::move(place));
  }
  return places;
}

Task<Result<PlacedProbe>> place_probe(const DebugInfo& info, Arch arch, const ProbeSpec& spec,
                                      const std::vector<PatchLine>& patch) {
  PlacedProbe placed{spec, {}};
  for (const auto& text : spec.places) {
    auto place = parse_place(text);
    if (!place) {
      co_return place.error();
    }
    if (std::holds_alternative<PatchPlace>(*place)) {
      if (patch.empty() && !spec.automatic) {
        co_return fail(Failure::usage, "probe {}: this kernel has no series that adds or changes a line",
                       spec.name);
      }
      auto lines = place_patch(info, patch);
      std::move(lines.begin(), lines.end(), std::back_inserter(placed.places));
      continue;
    }
    auto spots = co_await resolve(info, arch, std::move(*place));
    if (!spots) {
      co_return fail(spots.error().kind(), "probe {}: {}", spec.name, spots.error().text());
    }
    placed.places.push_back({text, std::move(*spots), std::nullopt});
  }
  co_return placed;
}

}  // namespace

Task<Result<KernelProbes>> place_probes(std::filesystem::path vmlinux, Arch arch,
                                        std::vector<ProbeSpec> specs, std::vector<PatchLine> patch) {
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
