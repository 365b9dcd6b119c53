// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"
#include "experiment/catalogue.hpp"
#include "trial/order.hpp"

#include <map>
#include <string>
#include <string_view>

namespace assay::experiment {

/// An order that belongs to no experiment: its keys are `workload`, `params`, `timeout`, `seed` and
/// `sampling`, each as an experiment's file has it. Error: usage: all that is wrong, a line each.
[[nodiscard]] Result<trial::Order> read_order(const toml::table& wish, const Catalogue& catalogue);

/// Reads the keys `workload` and `params` and checks them against the catalogue.
void read_workload_call(TableReader& reader, const Catalogue& catalogue, std::string& workload,
                        std::map<std::string, std::string>& parameters, Mistakes& mistakes);

/// Reads the key `sampling`, where it is.
void read_sampling(TableReader& reader, const Catalogue& catalogue, trial::Sampling& sampling,
                   Mistakes& mistakes);

/// 1s to 24h.
[[nodiscard]] Result<Nanoseconds> parse_timeout(std::string_view text);

}  // namespace assay::experiment
