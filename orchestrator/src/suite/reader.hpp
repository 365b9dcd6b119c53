// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// The most results that one guest may give.
inline constexpr std::size_t most_results = 20'000;

/// Results as they come. A name that comes again gets a number; what is behind the first `most_results` is
/// counted and left out.
class Results {
 public:
  void add(TestEnd test);
  [[nodiscard]] bool empty() const { return tests_.empty(); }
  /// All of them, and at their end how many were left out.
  [[nodiscard]] std::vector<TestEnd> take();

 private:
  std::vector<TestEnd> tests_;
  std::unordered_map<std::string, unsigned> times_;  ///< that each name came
  std::size_t left_out_ = 0;
};

/// The last lines that a test printed, for people; none is longer than a page is wide many times.
[[nodiscard]] std::vector<std::string> last_of(const std::vector<std::string>& lines);

/// Adds a line to the last ones; those before the last thousand may go.
void keep_last(std::vector<std::string>& lines, std::string line);

/// Of a shell's exit codes those for what it did not find, and for what the kernel cannot execute.
[[nodiscard]] bool was_not_started(int exit_code);

/// How the program ended that printed the output.
struct ProgramEnd {
  std::string cut{};  ///< why it did not come to its end: "the guest died: ..."
  int code = 0;       ///< else: with which exit code
};

/// Makes results of what a guest prints.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  Reader(Reader&&) = delete;
  Reader& operator=(Reader&&) = delete;
  virtual ~Reader() = default;

  /// The next piece of the output, cut anywhere.
  virtual void feed(std::string_view text) = 0;
  /// The output is over; the reader is used up.
  [[nodiscard]] virtual std::vector<TestEnd> finish(const ProgramEnd& end) = 0;
};

}  // namespace assay::suite
