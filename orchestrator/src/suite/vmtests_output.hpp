// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"
#include "suite/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

/// Reads what run_vmtests.sh prints, with TAP around it or, before 6.7, without. What tests print in KTAP are
/// their subtests. A test that is under way when the output is cut failed, with that as its reason.
class VmtestsReader final : public Reader {
 public:
  void feed(std::string_view text) override;
  [[nodiscard]] std::vector<TestEnd> finish(const ProgramEnd& end) override;

 private:
  struct Running {
    std::string name;
    std::vector<std::string> lines;
  };

  void line(std::string_view raw);
  void body(std::string_view text);
  void begin(std::string_view command);
  void end(End how, std::string reason);
  void end_by_mark(std::string_view why);

  Lines lines_;
  bool tap_ = false;
  std::string before_;  ///< the line before: a ruler stands above "running ./x" and below it
  std::optional<Running> running_;
  Results results_;
};

}  // namespace assay::suite
