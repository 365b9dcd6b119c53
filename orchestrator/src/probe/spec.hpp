// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"
#include "probe/layout.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::probe {

/// A delay stops a vCPU that QEMU must be able to stop as well.
inline constexpr Nanoseconds longest_delay = std::chrono::seconds(1);
inline constexpr std::size_t most_probes = 64;

/// What to watch or to widen, and where, as the user asks for it.
struct ProbeSpec {
  std::string name;  ///< its figures are probe.NAME
  Kind kind = Kind::count;
  std::vector<std::string> places;  ///< each parses as a CodePlace
  std::vector<std::string> at;      ///< "file:line:column" of each of them; empty: they are of no file
  Nanoseconds delay{0};
  std::uint64_t every = 1;             ///< each Nth hit is delayed
  double probability = 1;              ///< that it is
  std::optional<unsigned> vcpu;        ///< only there
  std::optional<std::uint64_t> most;   ///< delays in one trial
  std::vector<std::string> variants;   ///< empty: all
  std::vector<std::string> workloads;  ///< empty: all
  bool automatic = false;              ///< nobody asked for it: may be left out where it cannot be had
};

/// Whether the probe is meant for trials of this workload.
[[nodiscard]] bool acts_in(const ProbeSpec& spec, std::string_view workload);

[[nodiscard]] std::string_view name_of(Kind kind);
/// Error: usage.
[[nodiscard]] Result<Kind> parse_kind(std::string_view text);

/// "NAME=KIND[,OPTION...]@PLACE": "stall=delay,20ms,every=2,most=100,vcpu=0@do_mmap". Without NAME= the name
/// is made of the place. Error: usage, says what is accepted.
[[nodiscard]] Result<ProbeSpec> parse_probe(std::string_view text);

/// What no place needs to be looked up for: a delay has a length, and others have none. Error: usage.
[[nodiscard]] Status check(const ProbeSpec& spec);

/// A figure that a probe gives to a trial: "probe.stall", "probe.stall.cpu0".
struct FigureName {
  std::string name;
  std::string unit;
  std::string help;
};
/// All figures of the probe on a machine with `vcpus`.
[[nodiscard]] std::vector<FigureName> figures_of(const ProbeSpec& spec, unsigned vcpus);

/// "delay of 20 ms at do_mmap, every 2nd hit, at most 100": for people.
[[nodiscard]] std::string text_of(const ProbeSpec& spec);

}  // namespace assay::probe
