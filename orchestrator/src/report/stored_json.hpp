// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace assay::report {

/// A stored JSON text as an object; an empty object when it is none.
[[nodiscard]] nlohmann::ordered_json object_from(std::string_view text);
/// A member as text on one line: strings as they are, "a, b" for an array, "key value, ..." for an object, ""
/// when absent or empty.
[[nodiscard]] std::string member(const nlohmann::ordered_json& object, const char* key);

}  // namespace assay::report
