// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/series.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

bool stays_below(const fs::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<fs::path>> read_series(const fs::path& folder) {
  const auto file = folder / "series";
  auto text = read_file(file);
  if (!text) {
    return fail(Failure::usage, "cannot read the series {}: there is no such file", file.string());
  }
  std::vector<fs::path> patches;
  std::size_t number = 0;
  for (const auto line : split(*text, '\n')) {
    ++number;
    const auto name = trimmed(line.substr(0, line.find('#')));
    if (name.empty()) {
      continue;
    }
    if (!stays_below(fs::path(name))) {
      return fail(Failure::usage, "{}:{}:1: {} is not a path below the folder of the series", file.string(),
                  number, name);
    }
    if (!fs::is_regular_file(folder / name)) {
      return fail(Failure::usage, "{}:{}:1: there is no patch {}{}", file.string(), number, name,
                  did_you_mean(name, files_in(folder)));
    }
    patches.push_back(folder / name);
  }
  if (patches.empty()) {
    return fail(Failure::usage, "cannot read the series {}: it lists no patch", file.string());
  }
  return patches;
}

}  // namespace assay::kernel
