// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/checks.hpp"

#include "base/text.hpp"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <algorithm>

namespace assay::store {
namespace {

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9');
}

bool is_part_of_name(char letter) {
  return is_plain(letter) || letter == '.' || letter == '_' || letter == '-';
}

}  // namespace

void refuse(const std::string& why) { throw SQLite::Exception(why, SQLITE_CORRUPT); }

bool is_run_name(std::string_view name) {
  constexpr std::size_t longest = 128;
  return !name.empty() && name.size() <= longest && is_plain(name.front()) &&
         std::ranges::all_of(name, is_part_of_name) && name != "last";
}

bool is_file_name(std::string_view name) {
  constexpr std::size_t longest = 255;
  return name.size() <= longest && !name.starts_with('.') && std::ranges::all_of(name, is_part_of_name);
}

bool is_guest_folder(std::string_view path) {
  constexpr std::size_t longest = 1024;
  const auto is_name = [](std::string_view part) { return !part.empty() && is_file_name(part); };
  return path.empty() || (path.size() <= longest && std::ranges::all_of(split(path, '/'), is_name));
}

bool is_shallow_json(std::string_view text) {
  constexpr int deepest = 100;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size() && depth <= deepest; ++i) {
    const char letter = text[i];
    if (in_string && letter == '\\') {
      ++i;
    } else if (letter == '"') {
      in_string = !in_string;
    } else if (!in_string && (letter == '[' || letter == '{')) {
      ++depth;
    } else if (!in_string && (letter == ']' || letter == '}')) {
      --depth;
    }
  }
  return depth <= deepest;
}

}  // namespace assay::store
