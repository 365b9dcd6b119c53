// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::suite {

enum class End : std::uint8_t { passed, failed, skipped, not_run };
[[nodiscard]] std::string_view name_of(End end);

/// How a test, or a subtest of one, ended.
struct TestEnd {
  std::string name;  ///< "cow", "cow: Basic COW after fork() ... with base page"
  End end = End::passed;
  std::string reason{};             ///< "exit=1", "HMM test module not found"
  std::vector<std::string> text{};  ///< of what failed: the last lines that it printed
  bool is_finding = false;          ///< no test, but a report of the kernel's
};

/// Reads what run_vmtests.sh prints, with TAP around it or, before 6.7, without; comes in pieces. What tests
/// print in KTAP are their subtests. Names that come twice get a number.
class OutputReader {
 public:
  void feed(std::string_view text);
  /// The output is over. A test that is under way failed, with `why` as its reason.
  [[nodiscard]] std::vector<TestEnd> finish(std::string_view why);

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
  void add(TestEnd test);

  Lines lines_;
  bool tap_ = false;
  std::string before_;  ///< the line before: a ruler stands above "running ./x" and below it
  std::optional<Running> running_;
  std::vector<TestEnd> tests_;
};

}  // namespace assay::suite
