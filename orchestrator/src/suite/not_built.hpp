// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

struct NotBuilt {
  std::string program;
  std::string why;  ///< the compiler's words, and what to install
  bool operator==(const NotBuilt&) const = default;
};

/// What `make -k -O` says of what it cannot build.
[[nodiscard]] std::vector<NotBuilt> not_built_of(std::string_view log);

}  // namespace assay::suite
