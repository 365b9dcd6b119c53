// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"
#include "suite/reader.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::suite {

/// Reads one program of the Linux Test Project: "mmap01.c:54: TPASS: it works" of its newer library, "mmap01
/// 1 TPASS : it works" of its older one and of its shell library. All lines of one place in the source, or of
/// one number, are one result, whose end is the worst of them: TFAIL, TBROK and TWARN fail, TCONF skips. The
/// test itself ends by its exit code, in which 1 is TFAIL, 2 TBROK, 4 TWARN and 32 TCONF.
class LtpReader final : public Reader {
 public:
  explicit LtpReader(std::string name) : name_(std::move(name)) {}
  void feed(std::string_view text) override;
  [[nodiscard]] std::vector<TestEnd> finish(const ProgramEnd& end) override;

 private:
  void line(std::string text);

  std::string name_;
  Lines lines_;
  std::vector<std::string> printed_;
  std::vector<TestEnd> results_;               ///< in the order of their first lines
  std::map<std::string, std::size_t> places_;  ///< of the results, by name
};

}  // namespace assay::suite
