// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/table_reader.hpp"

#include <string>
#include <vector>

namespace assay::experiment {

/// A claim as the file has it: its own keys, and for those that it has not the keys of its group.
struct ClaimTable {
  const toml::table* own;
  const toml::table* group;  ///< null: in none
  std::string name;          ///< "[[claims]]", "[[groups.pins.claims]]"
  [[nodiscard]] TableReader reader(Mistakes& mistakes) const;
};

/// All [[claims]] and [[groups.NAME.claims]], in the order of the file. None at all is a mistake.
[[nodiscard]] std::vector<ClaimTable> claim_tables(TableReader& file, Mistakes& mistakes);

/// Reports what a group has that is of no use to its claims. `known` are the keys that claims may have.
void check_groups(const std::vector<ClaimTable>& claims, const std::vector<std::string>& known,
                  Mistakes& mistakes);

/// A sentence that claims may come from.
struct Quote {
  std::string name;
  Place where{};
  std::string text{};
  std::string author{};
  std::string message_id{};
};

/// Reads [quotes.*]; what one does not say of its author and message is as in `usual`.
[[nodiscard]] std::vector<Quote> read_quotes(TableReader& file, const Quote& usual, Mistakes& mistakes);

/// The words that a claim comes from: those of the quote that it cites, or its own, which have no name.
[[nodiscard]] Quote read_source(TableReader& claim, const std::vector<Quote>& quotes, const Quote& usual);

}  // namespace assay::experiment
