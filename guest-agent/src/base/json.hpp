// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace assay::agent {

/// Writes JSON, two blanks a level. The caller keeps objects and arrays balanced and gives keys only inside
/// objects.
class JsonWriter {
 public:
  JsonWriter& begin(char bracket, std::string_view key = {});
  JsonWriter& end(char bracket);
  JsonWriter& text(std::string_view value, std::string_view key = {});
  JsonWriter& number(std::int64_t value, std::string_view key = {});
  JsonWriter& boolean(bool value, std::string_view key = {});
  [[nodiscard]] std::string take() { return std::move(out_) + "\n"; }

 private:
  void element(std::string_view key);
  void quoted(std::string_view text);

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

}  // namespace assay::agent
