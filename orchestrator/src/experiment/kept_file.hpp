// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "experiment/grid.hpp"
#include "machine/spec.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What reports need of an experiment's file that a run keeps: it was read before, so no catalogue is needed.
/// Of a `text` that is not TOML each is empty.
namespace assay::experiment {

[[nodiscard]] std::vector<machine::MachineSpec> machines_in(std::string_view text);

/// Whether one guest is for all workloads of a repeat.
[[nodiscard]] bool shares_guests(std::string_view text);

/// Where a claim of the file comes from; "" for what the file does not say.
struct ClaimSource {
  std::string claim;  ///< id
  std::string says;
  std::string workload;
  std::string quote;
  std::string author;
  std::string message_id;  ///< the thread's where the claim has none
  bool control = false;    ///< shows where the patch changes nothing
};
[[nodiscard]] std::vector<ClaimSource> claim_sources_in(std::string_view text);

/// Variants and machines are those of the experiment where a grid names none.
[[nodiscard]] std::vector<Grid> grids_in(std::string_view text);

}  // namespace assay::experiment
