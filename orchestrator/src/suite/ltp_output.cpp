// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/ltp_output.hpp"

#include "base/text.hpp"
#include "suite/ktap_subtests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace assay::suite {
namespace {

constexpr int failed = 1;
constexpr int broken = 2;
constexpr int warned = 4;
constexpr int not_here = 32;

struct Word {
  std::string_view text;
  End end = End::passed;
};

constexpr std::array<Word, 5> words{{{"TPASS", End::passed},
                                     {"TFAIL", End::failed},
                                     {"TBROK", End::failed},
                                     {"TWARN", End::failed},
                                     {"TCONF", End::skipped}}};

/// A line with the result of one check.
struct Check {
  std::string place;  ///< "mmap01.c:54", "mmap01 1"
  Word word;
  std::string why;
};

/// "mmap01.c:54" and "mmap01 1": whatever stands before the word is a place when it ends in a number.
bool is_place(std::string_view text) {
  return !text.empty() && text.back() >= '0' && text.back() <= '9' &&
         text.find_first_of(": ") != std::string_view::npos;
}

/// Sequences that set a colour, where LTP_COLORIZE_OUTPUT is set.
std::string without_colours(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\x1b[")) {
      const auto end = text.find('m', at);
      at = end == std::string_view::npos ? text.size() : end;
    } else {
      result += text[at];
    }
  }
  return result;
}

std::optional<Check> check_in(std::string_view line) {
  for (const auto& word : words) {
    const auto at = line.find(word.text);
    if (at == std::string_view::npos) {
      continue;
    }
    auto before = trimmed(line.substr(0, at));
    const auto after = trimmed(line.substr(at + word.text.size()));
    if (before.ends_with(':')) {
      before = trimmed(before.substr(0, before.size() - 1));
    }
    const auto place = one_line(before);
    if (after.starts_with(':') && is_place(place)) {
      return Check{place, word, one_line(trimmed(after.substr(1)))};
    }
  }
  return std::nullopt;
}

int rank(End end) { return end == End::failed ? 2 : end == End::skipped ? 1 : 0; }

/// What the test itself came to.
TestEnd end_of(const std::string& name, const ProgramEnd& end, const std::vector<std::string>& printed) {
  if (!end.cut.empty()) {
    return {name, End::failed, end.cut, last_of(printed)};
  }
  if (end.code == not_here) {
    return {name, End::skipped, "", {}};
  }
  if (was_not_started(end.code)) {
    return {name, End::not_run, last_words(printed), {}};
  }
  if (end.code == 0) {
    return {name, End::passed, "", {}};
  }
  std::vector<std::string> bits;
  for (const auto& [bit, word] :
       {std::pair(failed, "TFAIL"), std::pair(broken, "TBROK"), std::pair(warned, "TWARN")}) {
    if ((end.code & bit) != 0) {
      bits.emplace_back(word);
    }
  }
  const bool known = !bits.empty() && (end.code & ~(failed | broken | warned | not_here)) == 0;
  const auto why = known ? fmt::format(" ({})", listed(bits)) : "";
  return {name, End::failed, fmt::format("exit={}{}", end.code, why), last_of(printed)};
}

}  // namespace

void LtpReader::feed(std::string_view text) {
  lines_.feed(text, [this](std::string one) { line(std::move(one)); });
}

void LtpReader::line(std::string text) {
  text = without_colours(text);
  if (const auto check = check_in(text)) {
    const auto reason =
        check->word.end == End::passed
            ? ""
            : (check->word.end == End::skipped ? check->why
                                               : std::string(check->word.text) + ": " + check->why);
    const auto name = name_ + ": " + check->place;
    const auto [found, is_new] = places_.try_emplace(name, results_.size());
    if (is_new && results_.size() < most_results) {
      results_.push_back({name, check->word.end, reason, {}});
    } else if (found->second < results_.size() && rank(check->word.end) > rank(results_[found->second].end)) {
      results_[found->second] = {name, check->word.end, reason, {}};
    }
  }
  keep_last(printed_, std::move(text));
}

std::vector<TestEnd> LtpReader::finish(const ProgramEnd& end) {
  lines_.finish([this](std::string one) { line(std::move(one)); });
  auto test = end_of(name_, end, printed_);
  if (test.end == End::skipped) {
    const auto why = std::ranges::find(results_, End::skipped, &TestEnd::end);
    test.reason = why == results_.end() ? last_words(printed_) : why->reason;
  }
  Results results;
  results.add(std::move(test));
  for (auto& one : results_) {
    results.add(std::move(one));
  }
  return results.take();
}

}  // namespace assay::suite
