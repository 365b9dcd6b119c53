// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"
#include "suite/reader.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::suite {

/// Reads one program of the kernel's own tests: its exit code is its end (4 skips), and what it printed in
/// KTAP or TAP are its subtests.
class ProgramReader final : public Reader {
 public:
  explicit ProgramReader(std::string name) : name_(std::move(name)) {}
  void feed(std::string_view text) override;
  [[nodiscard]] std::vector<TestEnd> finish(const ProgramEnd& end) override;

 private:
  std::string name_;
  Lines lines_;
  std::vector<std::string> printed_;
};

}  // namespace assay::suite
