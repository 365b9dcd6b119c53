// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/table_reader.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace assay {

Place place_of(const toml::source_region& region) {
  return {std::max<std::uint32_t>(1, region.begin.line), std::max<std::uint32_t>(1, region.begin.column)};
}

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a decimal number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or a time";
  }
}

std::vector<TomlChild> children_of(const toml::table& table) {
  std::vector<TomlChild> children;
  for (const auto& [key, node] : table) {
    children.push_back({std::string(key.str()), place_of(key.source()), &node});
  }
  std::sort(children.begin(), children.end(),
            [](const TomlChild& a, const TomlChild& b) { return a.key < b.key; });
  return children;
}

const toml::node* TableReader::get(std::string_view key) const {
  const auto* node = table_.get(key);
  return node != nullptr || fallback_ == nullptr ? node : fallback_->get(key);
}

const toml::node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  return get(key);
}

Place TableReader::place(std::string_view key) const {
  const auto* node = get(key);
  return node == nullptr ? where_ : place_of(node->source());
}

Place TableReader::place(std::string_view key, std::string_view text) const {
  const auto* node = get(key);
  if (const auto* array = node == nullptr ? nullptr : node->as_array()) {
    for (const auto& element : *array) {
      if (element.value<std::string_view>() == text) {
        return place_of(element.source());
      }
    }
  }
  return place(key);
}

void TableReader::wrong_kind(std::string_view key, const toml::node& node, std::string_view wanted) {
  mistakes_.add(place_of(node.source()),
                fmt::format("{} in {} must be {}, not {}", key, what_, wanted, kind_of(node)));
}

void TableReader::missing(std::string_view key) {
  mistakes_.add(where_, fmt::format("{} has no \"{}\"", what_, key));
}

bool TableReader::is_string(std::string_view key, const toml::node& node, std::string_view example) {
  if (node.is_string()) {
    return true;
  }
  wrong_kind(key, node, fmt::format("a string such as \"{}\"", example));
  return false;
}

bool TableReader::read(std::string_view key, std::string& out) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  if (!node->is_string()) {
    wrong_kind(key, *node, "a string");
    return false;
  }
  out = node->ref<std::string>();
  return true;
}

bool TableReader::require(std::string_view key, std::string& out) {
  if (!has(key)) {
    find(key);
    missing(key);
    return false;
  }
  if (!read(key, out)) {
    return false;
  }
  if (trimmed(out).empty()) {
    mistake(key, fmt::format("{} in {} is empty", key, what_));
    return false;
  }
  return true;
}

bool TableReader::read(std::string_view key, double& out) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  if (!node->is_number()) {
    wrong_kind(key, *node, "a number");
    return false;
  }
  out = node->value<double>().value_or(0);
  return true;
}

bool TableReader::read(std::string_view key, bool& out) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  if (!node->is_boolean()) {
    wrong_kind(key, *node, "true or false");
    return false;
  }
  out = node->ref<bool>();
  return true;
}

bool TableReader::read(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  if (!node->is_integer()) {
    wrong_kind(key, *node, "a whole number");
    return false;
  }
  const auto number = node->ref<std::int64_t>();
  if (number < min || number > max) {
    mistakes_.add(place_of(node->source()),
                  fmt::format("{} = {} is out of range: {} to {}", key, number, min, max));
    return false;
  }
  out = number;
  return true;
}

bool TableReader::read(std::string_view key, std::vector<PlacedText>& out) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  const auto* array = node->as_array();
  if (array == nullptr) {
    wrong_kind(key, *node, "an array of strings");
    return false;
  }
  std::vector<PlacedText> texts;
  for (const auto& element : *array) {
    if (element.is_string()) {
      texts.push_back({element.ref<std::string>(), place_of(element.source())});
    } else {
      wrong_kind(key, element, "an array of strings");
    }
  }
  if (texts.size() != array->size()) {
    return false;
  }
  out = std::move(texts);
  return true;
}

bool TableReader::read(std::string_view key, const toml::table*& out) {
  const auto* node = find(key);
  if (node == nullptr) {
    return false;
  }
  if (!node->is_table()) {
    wrong_kind(key, *node, "a table");
    return false;
  }
  out = node->as_table();
  return true;
}

void TableReader::finish() {
  for (const auto& child : children_of(table_)) {
    if (std::find(known_.begin(), known_.end(), child.name) == known_.end()) {
      mistakes_.add(child.key, fmt::format("unknown key \"{}\" in {}{}", child.name, what_,
                                           did_you_mean(child.name, known_)));
    }
  }
}

}  // namespace assay
