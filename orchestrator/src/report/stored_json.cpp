// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/stored_json.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

std::string text_of_json(const nlohmann::ordered_json& value) {
  if (value.is_null()) {
    return "";
  }
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (!value.is_structured()) {
    return value.dump();
  }
  std::string text;
  for (const auto& [key, part] : value.items()) {
    const auto shown = text_of_json(part);
    const auto inner = part.is_structured() && value.is_array() ? "(" + shown + ")" : shown;
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", value.is_object() ? key + " " : "", inner);
  }
  return text;
}

}  // namespace

nlohmann::ordered_json object_from(std::string_view text) {
  auto parsed = nlohmann::ordered_json::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : nlohmann::ordered_json::object();
}

std::string member(const nlohmann::ordered_json& object, const char* key) {
  const auto value = object.find(key);
  return value == object.end() ? "" : one_line(text_of_json(*value));
}

}  // namespace assay::report
