// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/mistakes.hpp"
#include "base/place.hpp"

#include <toml++/toml.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay {

[[nodiscard]] Place place_of(const toml::source_region& region);
/// "a whole number", "a string", ...: what stands in the file, for messages.
[[nodiscard]] std::string_view kind_of(const toml::node& node);

/// A child of a table with its key, in the order of the file (toml++ itself sorts keys).
struct TomlChild {
  std::string name;
  Place key;
  const toml::node* node;
};
[[nodiscard]] std::vector<TomlChild> children_of(const toml::table& table);

/// A string of the file and where it stands.
struct PlacedText {
  std::string text;
  Place where;
};

/// Reads one table key by key. A value of the wrong kind is a mistake and leaves `out` alone; each `read`
/// tells whether it wrote `out`. Keys that nobody asked for are mistakes when `finish` is called.
class TableReader {
 public:
  /// `what` names the table in messages: "[experiment]". `fallback` has the keys that the table has not. All
  /// outlive the reader.
  TableReader(const toml::table& table, Place where, std::string what, Mistakes& mistakes,
              const toml::table* fallback = nullptr)
      : table_(table), fallback_(fallback), where_(where), what_(std::move(what)), mistakes_(mistakes) {}

  bool read(std::string_view key, std::string& out);
  bool read(std::string_view key, double& out);
  bool read(std::string_view key, bool& out);
  bool read(std::string_view key, std::vector<PlacedText>& out);
  bool read(std::string_view key, const toml::table*& out);
  bool read(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max);
  template <class Unsigned>
  bool read(std::string_view key, Unsigned& out, std::int64_t min, std::int64_t max) {
    std::int64_t number = 0;
    if (!read(key, number, min, max)) {
      return false;
    }
    out = static_cast<Unsigned>(number);
    return true;
  }
  /// A string in a notation of its own ("512M"); `parse` says what is wrong with it, `example` helps whoever
  /// wrote no string at all.
  template <class T, class Parse>
  bool read(std::string_view key, T& out, std::string_view example, Parse parse) {
    const auto* node = find(key);
    if (node == nullptr || !is_string(key, *node, example)) {
      return false;
    }
    auto parsed = parse(std::string_view(node->ref<std::string>()));
    if (!parsed) {
      mistakes_.add(place_of(node->source()), fmt::format("{}: {}", key, parsed.error().text()));
      return false;
    }
    out = std::move(*parsed);
    return true;
  }
  /// The same for a string that must be there and must not be empty.
  bool require(std::string_view key, std::string& out);

  [[nodiscard]] bool has(std::string_view key) const { return get(key) != nullptr; }
  /// Where the value of `key` stands, or the table when there is none.
  [[nodiscard]] Place place(std::string_view key) const;
  /// Where the string `text` stands in the array `key`.
  [[nodiscard]] Place place(std::string_view key, std::string_view text) const;
  [[nodiscard]] const std::string& what() const { return what_; }
  void mistake(std::string_view key, std::string text) { mistakes_.add(place(key), std::move(text)); }
  void missing(std::string_view key);
  /// Counts `key` as known without reading it.
  const toml::node* find(std::string_view key);
  /// The keys of the fallback are none of its business.
  void finish();
  /// The keys that were asked for, some of them more than once.
  [[nodiscard]] const std::vector<std::string>& known() const { return known_; }

 private:
  [[nodiscard]] const toml::node* get(std::string_view key) const;
  bool is_string(std::string_view key, const toml::node& node, std::string_view example);
  void wrong_kind(std::string_view key, const toml::node& node, std::string_view wanted);

  const toml::table& table_;
  const toml::table* fallback_;
  Place where_;
  std::string what_;
  Mistakes& mistakes_;
  std::vector<std::string> known_;
};

}  // namespace assay
