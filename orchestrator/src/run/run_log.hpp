// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay::run {

/// The log of a run: kept in mind until the run has a folder, and written to assay.log in it from then on.
class RunLog {
 public:
  RunLog();

  /// Appends: a resumed run goes on with its log. Error: infrastructure.
  [[nodiscard]] Status open(const std::filesystem::path& folder);

 private:
  std::shared_ptr<std::vector<std::string>> early_ = std::make_shared<std::vector<std::string>>();
  std::optional<LogListener> listener_;
};

}  // namespace assay::run
