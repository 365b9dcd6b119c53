// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/tried_files.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"

#include <toml++/toml.h>

#include <sstream>

namespace assay::run {

std::string toml_string(std::string_view text) {
  std::ostringstream written;
  written << toml::default_formatter(toml::table{{"it", text}}, toml::format_flags::none);
  return written.str().substr(std::string_view("it = ").size());
}

std::string toml_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) {
    list += (list.empty() ? "" : ", ") + toml_string(text);
  }
  return "[" + list + "]";
}

Result<std::filesystem::path> keep_tried(const Places& places, const std::vector<TriedFile>& files) {
  Hasher hasher;
  for (const auto& file : files) {
    hasher.add(file.name, file.text);
  }
  auto folder = places.cache / "try" / hasher.finish().substr(0, 12);
  if (auto made = make_directories(folder); !made) {
    return made.error();
  }
  for (const auto& file : files) {
    if (auto kept = write_file(folder / (file.name + ".toml"), file.text); !kept) {
      return kept.error();
    }
  }
  return folder;
}

}  // namespace assay::run
