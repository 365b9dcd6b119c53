// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/run_log.hpp"

#include "base/files.hpp"

#include <utility>

namespace assay::run {

RunLog::RunLog()
    : listener_(LogListener::to([early = early_](std::string_view line) { early->emplace_back(line); })) {}

Status RunLog::open(const std::filesystem::path& folder) {
  if (auto made = make_directories(folder); !made) {
    return made;
  }
  auto file = LogListener::to_file(folder / "assay.log");
  if (!file) {
    return file.error();
  }
  listener_.reset();
  listener_ = std::move(*file);
  for (const auto& line : std::exchange(*early_, {})) {
    log_line(line);
  }
  return {};
}

}  // namespace assay::run
