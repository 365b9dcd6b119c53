// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/lines.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The kernel's test format, and the TAP 13 and 14 that it comes from: Documentation/dev-tools/ktap.rst.
namespace assay::program {

/// How a test ended, as its result line says.
enum class TestEnd : std::uint8_t { pass, fail, skip, xfail };
[[nodiscard]] std::string_view name_of(TestEnd end);

/// One result line, with the subtests that came before it.
struct TestResult {
  std::uint64_t number = 0;
  std::string name{};
  TestEnd end = TestEnd::pass;
  std::string reason{};                    ///< what follows the directive: "no root"
  std::vector<std::string> diagnostics{};  ///< the "# " lines before it; only of a failed test, the last 20
  std::vector<TestResult> subtests{};
};

struct TestReport {
  std::vector<TestResult> tests;
  /// Results that a plan promised and that did not come, that have another test's number, "Bail out!"; the
  /// first thousand.
  std::vector<std::string> problems;

  /// Lines without subtests, by how they ended.
  [[nodiscard]] std::size_t count(TestEnd end) const;
  /// False when a test failed, results are missing or there are none at all.
  [[nodiscard]] bool ok() const;
};

/// Reads test results out of a program's output that comes in pieces. Lines that are no results are left out.
/// The first version line says how far the whole document is indented; stamps of printk() are read over; "#
/// ok 1" is the result of a subtest, as the kernel's own runner of selftests prints what it runs. Memory is
/// bounded by the number of result lines, of which it takes a million.
class KtapParser {
 public:
  KtapParser();
  /// The next piece, cut anywhere.
  void feed(std::string_view text);
  /// The output is complete; the parser is used up.
  [[nodiscard]] TestReport finish();

 private:
  /// The tests of one indentation.
  struct Level {
    std::size_t indent = 0;
    std::string name{};  ///< of the test that these are the subtests of, where "# Subtest:" said so
    std::optional<std::uint64_t> plan{};
    std::uint64_t planned_from = 0;  ///< how many results stood before this plan's
    std::vector<TestResult> tests{};
    std::vector<std::string> diagnostics{};
    std::vector<TestResult> subtests{};  ///< of the next result
    bool announced = false;              ///< by a version line or "# Subtest:"
    bool empty_below = false;            ///< subtests of the next result were announced, and none came
    bool misnumbered = false;            ///< a result had another number than the next, which was said
  };

  void line(std::string_view text);
  void result(Level& level, std::string_view text);
  void plan(Level& level, std::string_view text);
  void version(std::size_t indent);
  void problem(std::string text);
  void diagnostic(std::size_t indent, std::string_view text);
  void subtest(std::size_t indent, std::string_view name);
  Level& enter(std::size_t indent);
  void leave();
  void check_plan(Level& level);

  Lines lines_;
  std::vector<Level> levels_;
  std::string next_name_;
  bool begun_ = false;  ///< something of a document was seen
  std::size_t results_ = 0;
  TestReport report_;
};

/// For people: a line per test, subtests below it, and the sum.
[[nodiscard]] std::string result_table(const TestReport& report);

}  // namespace assay::program
