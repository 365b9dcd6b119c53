// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::image {

/// Where a cache of ldconfig (/etc/ld.so.cache, as glibc since 2.2 writes it) has each library, in its order:
/// those for every CPU, as the guest's is another. What is damaged has none.
[[nodiscard]] std::map<std::string, std::vector<std::string>> read_loader_cache(std::string_view bytes);

}  // namespace assay::image
