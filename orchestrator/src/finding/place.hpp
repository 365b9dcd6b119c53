// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "finding/kinds.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::finding {

/// Where something happened, as far as a report says.
struct Where {
  std::string function;  ///< "" when it does not say
  std::string entry;     ///< of a stall: what the CPU was asked for, further out; "" when that is not known
  bool direct = true;    ///< no helper complained on behalf of the function
};

/// `lines` are those of the report, as they stand on the console.
[[nodiscard]] Where where_in(const Opening& opening, const std::vector<std::string>& lines);

}  // namespace assay::finding
