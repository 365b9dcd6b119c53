// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/output.hpp"

#include "base/text.hpp"
#include "program/figure_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace assay::program {
namespace {

constexpr std::size_t most_figures = 256;
constexpr std::size_t most_complaints = 10;
constexpr std::size_t kept_part = std::size_t{64} << 10U;
constexpr std::string_view figure_mark = "assay: ";

bool begins_tests(std::string_view line) {
  const auto words = trimmed(line);
  return words.starts_with("TAP version ") || words.starts_with("KTAP version ");
}

std::vector<std::string_view> words_of(std::string_view text) {
  auto words = split(text, ' ');
  std::erase(words, "");
  return words;
}

}  // namespace

void ProgramOutput::feed_out(std::string_view bytes) {
  keep(bytes);
  lines_.feed(bytes, [this](const std::string& one) { line(one); });
}

std::optional<TestReport> ProgramOutput::finish() {
  lines_.finish([this](const std::string& one) { line(one); });
  return tests_ ? std::optional(tests_->finish()) : std::nullopt;
}

void ProgramOutput::line(std::string_view text) {
  if (text.starts_with(figure_mark)) {
    figure(text);
    return;
  }
  if (!tests_ && begins_tests(text)) {
    tests_.emplace();
  }
  if (tests_) {
    tests_->feed(text);
    tests_->feed("\n");
  }
}

void ProgramOutput::figure(std::string_view text) {
  const auto words = words_of(trimmed(text.substr(figure_mark.size())));
  if (words.size() < 2 || words.size() > 3) {
    complain(text, "it is not assay: NAME VALUE [UNIT]");
    return;
  }
  const std::string name(words[0]);
  std::int64_t value = 0;
  const auto* last = words[1].data() + words[1].size();
  const auto [stop, error] = std::from_chars(words[1].data(), last, value);
  const auto declared = units_.find(name);
  if (!is_figure_name(name)) {
    complain(text, "a name has letters, digits and _, at most 64");
  } else if (std::ranges::find(own_figures(), name, &OwnFigure::name) != own_figures().end()) {
    complain(text, fmt::format("{} is what Assay itself measures", name));
  } else if (error != std::errc{} || stop != last) {
    complain(text, "its value is no whole number of 64 bits");
  } else if (words.size() == 3 && declared != units_.end() && !declared->second.empty() &&
             declared->second != words[2]) {
    complain(text, fmt::format("the experiment says that {} is in {}", name, declared->second));
  } else if (const auto known = std::ranges::find(figures_, name, &ToldFigure::name);
             known != figures_.end()) {
    known->value = value;
  } else if (figures_.size() < most_figures) {
    figures_.push_back({name, value});
  } else {
    complain(text, fmt::format("a trial takes {} figures of its program", most_figures));
  }
}

void ProgramOutput::complain(std::string_view line, std::string_view why) {
  constexpr std::size_t shown = 80;
  if (complaints_.size() == most_complaints) {
    ++more_complaints_;
    return;
  }
  complaints_.push_back(fmt::format("\"{}{}\" is no figure: {}", one_line(line.substr(0, shown)),
                                    line.size() > shown ? "..." : "", why));
}

std::vector<std::string> ProgramOutput::complaints() const {
  auto all = complaints_;
  if (more_complaints_ > 0) {
    all.push_back(fmt::format("{} more lines are no figures", more_complaints_));
  }
  return all;
}

void ProgramOutput::keep(std::string_view bytes) {
  const auto first = std::min(bytes.size(), kept_part - head_.size());
  head_ += bytes.substr(0, first);
  tail_ += bytes.substr(first);
  if (tail_.size() > 2 * kept_part) {
    left_out_ += tail_.size() - kept_part;
    tail_.erase(0, tail_.size() - kept_part);
  }
}

std::string ProgramOutput::text() const {
  return left_out_ == 0
             ? harmless(head_ + tail_)
             : fmt::format("{}\n[{} bytes are left out]\n{}", harmless(head_), left_out_, harmless(tail_));
}

std::string ProgramOutput::end() const {
  constexpr std::size_t most_lines = 5;
  constexpr std::size_t longest_end = 400;
  const auto all = left_out_ == 0 ? head_ + tail_ : tail_;
  std::vector<std::string> lines;
  std::size_t length = 0;
  for (std::size_t end = all.size(); end > 0 && lines.size() < most_lines && length < longest_end;) {
    const auto before = all.rfind('\n', end - 1);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    const auto line = trimmed(std::string_view(all).substr(begin, end - begin));
    if (!line.empty()) {
      lines.push_back(one_line(line.substr(0, longest_end - length)));
      length += lines.back().size();
    }
    end = begin == 0 ? 0 : begin - 1;
  }
  std::ranges::reverse(lines);
  return fmt::format("{}", fmt::join(lines, " | "));
}

}  // namespace assay::program
