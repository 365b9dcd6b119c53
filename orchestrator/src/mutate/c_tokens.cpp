// SPDX-License-Identifier: GPL-2.0-or-later
#include "mutate/c_tokens.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace assay::mutate {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

/// Behind the line, its continuations and the comments in it that are longer than it.
std::size_t directive_end(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '\n') {
    if (text.substr(at, 2) == "/*") {
      at = std::min(text.find("*/", at + 2), text.size() - 1) + 1;
    } else if (text[at] == '\\') {
      ++at;
    }
    ++at;
  }
  return std::min(at, text.size());
}

/// Behind the closing quote; a line's end closes, too.
std::size_t quote_end(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') {
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at + 1, text.size());
}

/// What C calls a preprocessing number, to which a sign behind an e belongs in any case.
std::size_t number_end(std::string_view text, std::size_t at) {
  const auto one_of = [&](std::string_view letters, std::size_t place) {
    return place < text.size() && letters.find(text[place]) != std::string_view::npos;
  };
  while (at < text.size() && (in_word(text[at]) || text[at] == '.')) {
    at += one_of("eEpP", at) && one_of("+-", at + 1) ? 2 : 1;
  }
  return at;
}

std::size_t sign_end(std::string_view text, std::size_t at) {
  static constexpr std::array<std::string_view, 23> longer = {
      "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=",
      "&&",  "||",  "+=",  "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##"};
  for (const auto sign : longer) {
    if (text.substr(at, sign.size()) == sign) {
      return at + sign.size();
    }
  }
  return at + 1;
}

/// Behind white space and comments.
std::size_t blank_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.substr(at, 2) == "/*") {
      const auto end = text.find("*/", at + 2);
      at = end == std::string_view::npos ? text.size() : end + 2;
    } else if (text.substr(at, 2) == "//") {
      at = directive_end(text, at);
    } else if (std::isspace(static_cast<unsigned char>(text[at])) != 0 || text.substr(at, 2) == "\\\n") {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

CToken token_at(std::string_view text, std::size_t at, bool first_of_line) {
  using Kind = CToken::Kind;
  const char c = text[at];
  const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
  if (c == '#' && first_of_line) {
    return {Kind::directive, at, directive_end(text, at)};
  }
  if (c == '"' || c == '\'') {
    return {Kind::text, at, quote_end(text, at)};
  }
  if (digit ||
      (c == '.' && at + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0)) {
    return {Kind::number, at, number_end(text, at)};
  }
  if (in_word(c)) {
    const auto* const end =
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), in_word);
    return {Kind::word, at, static_cast<std::size_t>(end - text.begin())};
  }
  return {Kind::sign, at, sign_end(text, at)};
}

int nesting(std::string_view sign) {
  if (sign == "(" || sign == "[" || sign == "{") {
    return 1;
  }
  return sign == ")" || sign == "]" || sign == "}" ? -1 : 0;
}

/// Finds bodies, one token after the other.
class BodyFinder {
 public:
  explicit BodyFinder(const CTokens& tokens) : tokens_(tokens) {}

  void take(std::size_t number) {
    const auto& token = tokens_.all()[number];
    const auto text = tokens_.text(token);
    if (token.kind == CToken::Kind::directive) {
      branch(text);
    } else if (text == "(" || text == ")") {
      rounds_ += nesting(text);
    } else if (text == "{" || text == "}") {
      brace(token, text == "{");
    } else if (depth_ == 0 && rounds_ == 0) {
      head(number, text);
    }
  }
  std::vector<CBody> found;

 private:
  /// Each branch of an #if begins as deep as the first.
  void branch(std::string_view text) {
    text.remove_prefix(1);
    text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.starts_with("if")) {
      ifs_.push_back(depth_);
    } else if (text.starts_with("el") && !ifs_.empty()) {
      depth_ = ifs_.back();
    } else if (text.starts_with("endif") && !ifs_.empty()) {
      ifs_.pop_back();
    }
  }

  void brace(const CToken& token, bool opens) {
    if (opens && depth_ == 0 && !body_.names.empty()) {
      body_.open = token.begin;
    }
    depth_ = std::max(depth_ + (opens ? 1 : -1), 0);
    if (depth_ == 0) {
      body_.close = token.begin;
      if (body_.open != 0) {
        found.push_back(body_);
      }
      body_ = {};
    }
  }

  void head(std::size_t number, std::string_view text) {
    const auto& all = tokens_.all();
    if (text == ";" || text == "=") {
      body_ = {};
    } else if (all[number].kind == CToken::Kind::word && number + 1 < all.size() &&
               tokens_.text(all[number + 1]) == "(") {
      body_.names.push_back(name(number, text));
    }
  }

  /// A system call's body is in a function whose name <linux/syscalls.h> makes.
  [[nodiscard]] std::string name(std::size_t number, std::string_view word) const {
    const auto& all = tokens_.all();
    const auto first = number + 2 < all.size() ? tokens_.text(all[number + 2]) : std::string_view();
    if (word.starts_with("SYSCALL_DEFINE")) {
      return "__do_sys_" + std::string(first);
    }
    return word.starts_with("COMPAT_SYSCALL_DEFINE") ? "__do_compat_sys_" + std::string(first)
                                                     : std::string(word);
  }

  const CTokens& tokens_;
  CBody body_;
  int depth_ = 0;
  int rounds_ = 0;
  std::vector<int> ifs_;
};

}  // namespace

CTokens::CTokens(std::string_view text) : text_(text) {
  std::size_t at = 0;
  bool first_of_line = true;
  while (true) {
    const auto begin = blank_end(text, at);
    first_of_line = first_of_line || text.substr(at, begin - at).find('\n') != std::string_view::npos;
    if (begin >= text.size()) {
      break;
    }
    all_.push_back(token_at(text, begin, first_of_line));
    at = all_.back().end;
    first_of_line = false;
  }
}

std::size_t CTokens::at(std::size_t offset) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(all_, offset, {}, &CToken::begin) - all_.begin());
}

std::string_view CTokens::before(std::size_t offset) const {
  const auto number = at(offset);
  return number > 0 ? text(all_[number - 1]) : std::string_view();
}

std::string_view CTokens::behind(std::size_t offset) const {
  const auto number = at(offset);
  return number < all_.size() ? text(all_[number]) : std::string_view();
}

const CToken* CTokens::only(std::size_t begin, std::size_t end) const {
  const auto number = at(begin);
  return begin < end && at(end) == number + 1 && all_[number].end <= end ? &all_[number] : nullptr;
}

std::size_t CTokens::macro_end(std::size_t offset) const {
  const auto name = at(offset);
  if (name + 1 >= all_.size() || text(all_[name + 1]) != "(") {
    return name < all_.size() ? all_[name].end : text_.size();
  }
  int depth = 0;
  for (auto number = name + 1; number < all_.size(); ++number) {
    depth += nesting(text(all_[number]));
    if (depth == 0) {
      return all_[number].end;
    }
  }
  return text_.size();
}

bool CTokens::whole(std::size_t begin, std::size_t end) const {
  int depth = 0;
  for (auto number = at(begin); number < all_.size() && all_[number].begin < end; ++number) {
    const auto& token = all_[number];
    depth += nesting(text(token));
    if (depth < 0 || token.kind == CToken::Kind::directive || (depth == 0 && text(token) == ",")) {
      return false;
    }
  }
  return depth == 0 && begin < end;
}

std::optional<CToken> CTokens::last_operator(std::size_t begin, std::size_t end,
                                             std::string_view sign) const {
  std::optional<CToken> last;
  int depth = 0;
  for (auto number = at(begin) + 1; number < all_.size() && all_[number].begin < end; ++number) {
    depth += nesting(text(all_[number - 1]));
    const auto before = text(all_[number - 1]);
    const bool operand = all_[number - 1].kind != CToken::Kind::sign || before == ")" || before == "]";
    if (depth == 0 && operand && text(all_[number]) == sign) {
      last = all_[number];
    }
  }
  return last;
}

bool CTokens::directed(std::size_t begin, std::size_t end) const {
  for (auto number = at(begin); number < all_.size() && all_[number].begin < end; ++number) {
    if (all_[number].kind == CToken::Kind::directive) {
      return true;
    }
  }
  return false;
}

std::vector<CBody> bodies_of(const CTokens& tokens) {
  BodyFinder finder(tokens);
  for (std::size_t number = 0; number < tokens.all().size(); ++number) {
    finder.take(number);
  }
  return finder.found;
}

}  // namespace assay::mutate
