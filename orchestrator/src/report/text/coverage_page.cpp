// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/line_gaps.hpp"
#include "report/names.hpp"
#include "report/text/text.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

using probe::LineState;

std::string shown_line(const probe::CoveredLine& covered, const Paint& paint) {
  const auto& [line, state, among_code] = covered;
  const auto padded = fmt::format("{:<{}}", name_of(state), name_of(LineState::no_instruction).size());
  const auto mark = state == LineState::not_run ? paint.bold(padded) : padded;
  std::string text;
  for (const char c : printable(line.text)) {
    text += c == '\t' ? std::string(8 - text.size() % 8, ' ') : std::string(1, c);
  }
  auto result = fmt::format("  {} {:6}  {}", mark, line.line, text);
  result.erase(result.find_last_not_of(' ') + 1);
  return result + "\n";
}

std::string kernel_part(const verdict::KernelCoverage& kernel, const Paint& paint) {
  const auto coverage = probe::coverage_of(kernel.lines);
  auto text = fmt::format("{} [{}]: {}", paint.bold(one_line(kernel.variant)), short_id(kernel.kernel_id),
                          coverage.text());
  if (kernel.lines.empty()) {
    return text + "\n";
  }
  text += "\n";
  if (coverage.no_instruction > 0) {
    text +=
        "A line without an instruction of its own is a comment, a declaration, or code that the compiler "
        "merged\ninto that of other lines or dropped.\n";
  }
  LineGaps gaps;
  for (const auto& covered : kernel.lines) {
    const auto before = gaps.next(covered.line);
    text += before == LineGaps::Before::file  ? fmt::format("\n{}\n", paint.bold(one_line(covered.line.file)))
            : before == LineGaps::Before::gap ? "    ...\n"
                                              : "";
    text += shown_line(covered, paint);
  }
  return text;
}

}  // namespace

std::string coverage_page(const store::RunView& view, bool colour) {
  const Paint paint(colour);
  std::string text;
  for (const auto& kernel : verdict::coverage_by_kernel(view.trials)) {
    text += (text.empty() ? "" : "\n") + kernel_part(kernel, paint);
  }
  return text.empty()
             ? "No line of a series was watched: no kernel of this run has a series, or its guests ran under "
               "KVM,\nor its vmlinux has no debug information.\n"
             : text;
}

}  // namespace assay::report
