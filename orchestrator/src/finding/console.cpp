// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding/console.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"
#include "finding/characters.hpp"
#include "finding/lines.hpp"
#include "finding/place.hpp"

#include <algorithm>
#include <utility>

namespace assay::finding {
namespace {

constexpr std::size_t longest_line = 1024;
constexpr std::size_t longest_report = 400;  // lines
constexpr std::size_t longest_quiet = 16;    // lines of something else, after which a report has ended
constexpr std::size_t kept_lines = 600;
constexpr std::size_t kept_reports = 64;

/// KASAN tells reads and writes apart two lines below its title.
std::string_view access_in(const std::vector<std::string>& lines) {
  constexpr std::size_t near = 8;
  for (std::size_t i = 0; i < std::min(near, lines.size()); ++i) {
    for (const std::string_view access :
         {"Read of size ", "Write of size ", "Read at addr ", "Write at addr "}) {
      if (message_of(lines[i]).starts_with(access)) {
        return access.substr(0, access.find(' '));
      }
    }
  }
  return {};
}

/// The source file of a complaint that was made on behalf of another function: lib/refcount.c has several.
std::string_view file_in(std::string_view title) {
  const auto end = std::min(title.find(".c:"), title.find(".h:"));
  const auto begin = end == std::string_view::npos ? end : title.rfind(' ', end);
  return begin == std::string_view::npos ? std::string_view() : title.substr(begin + 1, end - begin - 1);
}

std::string fingerprint_at(const Opening& opening, const Where& where,
                           const std::vector<std::string>& lines) {
  Hasher hasher;
  hasher.add("kind", words_of_kind(opening));
  hasher.add("access", access_in(lines));
  hasher.add("place", where.entry.empty() ? where.function : where.entry);
  if (!where.direct && (opening.name == "WARNING" || opening.name == "kernel BUG")) {
    hasher.add("file", file_in(opening.title));
  }
  return hasher.finish().substr(0, 16);
}

/// The opening's own message: programs' words may stand before it, another CPU's behind it.
std::string_view opening_line(const Opening& opening, std::string_view raw) {
  const auto messages = messages_of(raw);
  const auto own = std::ranges::find_if(
      messages, [&](const Message& it) { return it.text.find(opening.title) != std::string_view::npos; });
  return own == messages.end() ? message_of(raw) : own->text;
}

bool mentions(std::string_view title, std::string_view function) {
  for (auto at = title.find(function); at != std::string_view::npos; at = title.find(function, at + 1)) {
    const auto end = at + function.size();
    if ((at == 0 || !is_in_word(title[at - 1])) && (end == title.size() || !is_in_word(title[end]))) {
      return true;
    }
  }
  return false;
}

std::string title_at(const Opening& opening, const Where& where) {
  auto title = opening.title;
  if (!where.function.empty() && !mentions(title, where.function)) {
    title.resize(title.size() - (title.ends_with('.') ? 1 : 0));
    title += " in " + where.function;
  }
  return where.entry.empty() ? title : title + " from " + where.entry;
}

}  // namespace

std::string fingerprint_of(std::string_view title, const std::vector<std::string>& lines) {
  return report_of(title, lines).fingerprint;
}

Report report_of(std::string_view title, const std::vector<std::string>& lines) {
  auto opening = opening_of({title, true}, false);
  if (!opening) {
    opening.emplace();
    opening->title = title;
    opening->place = PlaceIn::stall;
  }
  const auto where = where_in(*opening, lines);
  Report report;
  report.title = title_at(*opening, where);
  report.fingerprint = fingerprint_at(*opening, where, lines);
  report.text = report.title + "\n";
  for (const auto& line : lines) {
    report.text += line + "\n";
  }
  return report;
}

void ConsoleParser::feed(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto piece = text.substr(0, end);
    if (partial_.size() < longest_line) {
      partial_.append(piece.substr(0, longest_line - partial_.size()));
    }
    if (end == std::string_view::npos) {
      return;
    }
    text.remove_prefix(end + 1);
    while (partial_.ends_with('\r')) {
      partial_.pop_back();
    }
    line(partial_);
    partial_.clear();
  }
}

void ConsoleParser::line(std::string_view raw) {
  ++lines_seen_;
  recent_.emplace_back(raw);
  if (recent_.size() > kept_lines) {
    recent_.pop_front();
  }
  const auto message = message_of(raw);
  const bool waiting = current_ && !current_->opening;
  if (auto opening = opening_in(raw, waiting && current_->ruled)) {
    open(std::move(*opening), raw);
    return;
  }
  if (waiting && current_->ruled) {
    current_.reset();  // what begins with a ruler says at once what it is
  }
  if (begins(message)) {
    finish();
    current_ = Open();
    current_->ruled = is_ruler(message);
  }
  if (current_) {
    go_on(raw, message);
  }
}

/// Whether a line that says nothing by itself is the first of a report.
bool ConsoleParser::begins(std::string_view message) const {
  if (!in_report()) {
    return is_ruler(message) || is_page_dump(message) || (is_cut_here(message) && !current_);
  }
  if (is_ruler(message)) {
    return current_->ended || !current_->ruled;
  }
  return (is_cut_here(message) && !current_->opening->prelude) || (is_page_dump(message) && current_->ended);
}

/// Whether an opening inside of a report is a further line of it and begins none of its own.
bool ConsoleParser::belongs(const Opening& next, std::string_view raw) const {
  constexpr std::size_t near = 4;
  if (!in_report()) {
    return false;
  }
  const auto& now = *current_->opening;
  if (next.panic) {
    return current_->died || current_->panic || is_consequence(next.title);
  }
  if (current_->ended) {
    return false;
  }
  // The same happened on another CPU, whose lines stand among these.
  const bool of_another = caller_of(raw) != caller_of(current_->lines[current_->before]);
  if (of_another && now.crash && !now.name.empty() && now.name == next.name && !current_->traced) {
    return true;
  }
  if (now.prelude) {
    const bool better = next.prelude || next.die || next.name == "kernel BUG" || next.name == "WARNING" ||
                        next.place == PlaceIn::leak;
    return better && current_->quiet <= near;
  }
  return next.die ? now.crash && !current_->died : now.listed && now.name == next.name && !current_->traced;
}

void ConsoleParser::open(Opening opening, std::string_view raw) {
  constexpr std::uint64_t near = 1000;  // lines: the backtraces of all CPUs may stand between
  if (in_report() && current_->lines.size() >= longest_report) {
    finish();  // a kernel may say the same for ever
  }
  if (opening.panic && !in_report() && !done_.empty() && lines_seen_ - finished_at_ < near &&
      is_consequence(opening.title)) {
    done_.back().text += printable(raw) + "\n";
    return;
  }
  const bool further = belongs(opening, raw);
  if (in_report() && !further) {
    finish();
  }
  if (!current_) {
    current_ = Open();
  }
  current_->lines.emplace_back(raw);
  current_->quiet = 0;
  current_->died = current_->died || opening.die;
  current_->panic = current_->panic || opening.panic;
  current_->ended = current_->ended && !opening.panic;
  if (!further || (current_->opening->prelude && !opening.panic)) {
    current_->opening = std::move(opening);
    current_->before = current_->lines.size() - 1;
  }
}

void ConsoleParser::go_on(std::string_view raw, std::string_view message) {
  auto& it = *current_;
  it.lines.emplace_back(raw);
  const bool of_it = it.ended ? is_aftermath(message) : looks_reported(message);
  it.quiet = of_it ? 0 : it.quiet + 1;
  it.traced = it.traced || !frame_function(message).empty();
  const bool closing = it.opening && it.ruled && it.lines.size() > 2 && is_ruler(message);
  it.ended = it.ended || closing || (!it.panic && message.starts_with("---[ end trace"));
  if (it.quiet >= longest_quiet || it.lines.size() >= longest_report ||
      message.starts_with("---[ end Kernel panic")) {
    finish();
  }
}

void ConsoleParser::finish() {
  if (in_report()) {
    auto& lines = current_->lines;
    lines.resize(lines.size() - current_->quiet);
    // A page dump above has stacks of its own.
    const std::vector<std::string> own(lines.begin() + static_cast<std::ptrdiff_t>(current_->before),
                                       lines.end());
    const auto where = where_in(*current_->opening, own);
    Report report;
    report.title = title_at(*current_->opening, where);
    report.fingerprint = fingerprint_at(*current_->opening, where, own);
    report.line = opening_line(*current_->opening, own.front());
    report.stalled = current_->opening->place == PlaceIn::stall || current_->opening->place == PlaceIn::hung;
    for (const auto& line : lines) {
      report.text += printable(line) + "\n";
    }
    if (done_.size() < kept_reports) {
      done_.push_back(std::move(report));
    }
    finished_at_ = lines_seen_;
  }
  current_.reset();
}

void ConsoleParser::close_report() {
  if (in_report()) {
    finish();
  }
}

std::optional<Report> ConsoleParser::take() {
  if (done_.empty() && in_report() && current_->ended) {
    finish();
  }
  if (done_.empty()) {
    return std::nullopt;
  }
  Report report = std::move(done_.front());
  done_.pop_front();
  return report;
}

std::string ConsoleParser::last_lines(std::size_t count) const {
  std::string text;
  for (std::size_t i = recent_.size() - std::min(count, recent_.size()); i < recent_.size(); ++i) {
    text += printable(recent_.at(i)) + "\n";
  }
  return text.empty() && !partial_.empty() ? printable(partial_) + "\n" : text;
}

}  // namespace assay::finding
