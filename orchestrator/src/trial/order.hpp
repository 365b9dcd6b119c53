// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/units.hpp"
#include "link/messages.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace assay::trial {

/// Which cell of the matrix, by the experiment's own names.
struct TrialKey {
  std::string variant;
  std::string machine;
  std::string workload;
  unsigned repeat = 0;  ///< from 0
  auto operator<=>(const TrialKey&) const = default;
};

/// What the agent samples while a workload runs.
struct Sampling {
  Nanoseconds interval{0};  ///< 0: nothing is sampled
  std::vector<std::string> sources;
};

/// A program of the user's, in the place of a workload of the agent's.
struct OrderedProgram {
  link::RunProgram run;
  std::optional<link::RunProgram> setup;       ///< runs before it
  std::optional<link::RunProgram> settle;      ///< runs behind it, before its measurement ends
  Bytes memory{0};                             ///< that it may have, its children included; 0: all
  bool marks = false;                          ///< it tells by assay.h when its measurement begins and ends
  std::map<std::string, std::string> figures;  ///< that it prints, with their units, "" for any
  std::vector<std::string> tests;              ///< whose results it prints
};

/// One workload for one guest, with all that the agent is told.
struct Order {
  std::string name;      ///< whoever judges it calls it so
  std::string workload;  ///< as the agent registers it: "fault.shared"
  std::map<std::string, std::string> parameters;
  std::uint64_t seed = 0;
  Sampling sampling;
  Nanoseconds timeout = std::chrono::seconds(120);  ///< without the boot
  std::optional<OrderedProgram> program = {};  ///< then `workload` and `parameters` say nothing to the agent
};

/// One guest to boot and what to run in it, in this order.
struct GuestJob {
  std::string variant;
  std::string machine;
  unsigned repeat = 0;
  std::vector<Order> orders;
  unsigned attempt = 1;  ///< 2 and more: an earlier guest did not get through all of them
  [[nodiscard]] TrialKey key(const Order& order) const { return {variant, machine, order.name, repeat}; }
};

/// The seed of a trial. All variants get the same seed for the same repeat: they are compared pairwise.
[[nodiscard]] std::uint64_t seed_of(std::uint64_t all, const TrialKey& key);

}  // namespace assay::trial
