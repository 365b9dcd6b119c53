// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/mutants/listing.hpp"

#include "report/mutants/sums.hpp"
#include "report/page/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Judged;

struct FateLook {
  std::string_view name;  ///< of a class
  std::string_view symbol;
};

FateLook look_of_fate(Fate fate) {
  switch (fate) {
    case Fate::killed:
      return {"holds", "&#10003;"};
    case Fate::survived:
      return {"refuted", "&#10007;"};
    case Fate::waiting:
      return {"inconclusive", "?"};
    case Fate::does_not_compile:
    case Fate::same_code:
      break;
  }
  return {"not-run", "&#8211;"};
}

/// How many mutants of a line came to what, a symbol each.
std::string marks(const std::vector<const Judged*>& mutants) {
  std::string text;
  for (const auto fate :
       {Fate::survived, Fate::killed, Fate::waiting, Fate::does_not_compile, Fate::same_code}) {
    const auto count = std::ranges::count(mutants, fate, &Judged::fate);
    if (count > 0) {
      const auto [name, symbol] = look_of_fate(fate);
      text += fmt::format(
          "<span class=\"verdict {}\" role=\"img\" aria-label=\"{} {}\" title=\"{} {}\">{}&#160;{}</span> ",
          name, count, name_of(fate), count, name_of(fate), symbol, count);
    }
  }
  return text;
}

std::string mutant_block(const Judged& one) {
  const auto how = fate_text(one);
  return fmt::format("<div class=\"mutant\"><p>{} {} <code>{}</code>{}</p>\n<pre>{}</pre></div>\n",
                     html_fate(one.fate), html_text(name_of(one.mutant.op)), html_text(one.mutant.id),
                     how.empty() ? "" : "<br>" + html_text(how), html_diff(one.diff, DiffPart::changed));
}

/// How many trials ran a line: "3/3"; "-" where it has no instruction, nothing where nobody could see.
std::string ran_text(const mutate::ScopeLine& line) {
  return line.watched == 0 ? "" : line.ran ? fmt::format("{}/{}", *line.ran, line.watched) : "&#8211;";
}

}  // namespace

std::string html_fate(Fate fate, const std::string& more) {
  const auto [name, symbol] = look_of_fate(fate);
  return fmt::format(
      "<span class=\"verdict {}\"><span class=\"symbol\" aria-hidden=\"true\">{}</span> {}{}</span>", name,
      symbol, name_of(fate), more);
}

std::string html_diff(std::string_view diff, DiffPart part) {
  std::string text;
  const auto add = [&](std::string_view line) {
    const auto* name = line.starts_with('+') ? "comes" : line.starts_with('-') ? "goes" : "stays";
    text += fmt::format("<span class=\"{}\">{}</span>\n", name, html_lines(line));
  };
  for (const auto line : part == DiffPart::changed ? changed_lines(diff) : hunk_lines(diff)) {
    add(line);
  }
  return text;
}

Listing::Listing(const mutate::Score& score) {
  for (const auto& line : score.lines) {
    lines_[{line.file, line.line}].source = &line;
  }
  for (const auto& one : score.mutants) {
    lines_[{one.mutant.file, one.mutant.line}].mutants.push_back(&one);
  }
  std::size_t number = 0;
  for (auto& [place, line] : lines_) {
    line.number = ++number;
  }
}

std::string Listing::anchor(const mutate::Mutant& mutant) const {
  const auto found = lines_.find({mutant.file, mutant.line});
  return fmt::format("line-{}", found == lines_.end() ? 0 : found->second.number);
}

std::string Listing::row(const Place& place, const Line& line) {
  const auto& [source, mutants, number] = line;
  auto code = fmt::format("<code>{}</code>", source == nullptr ? "&#160;" : html_lines(source->text));
  if (!mutants.empty()) {
    code = fmt::format("<details><summary>{}</summary>\n", code);
    for (const auto* one : mutants) {
      code += mutant_block(*one);
    }
    code += "</details>";
  }
  const bool survived =
      std::ranges::any_of(mutants, [](const auto* one) { return one->fate == Fate::survived; });
  return fmt::format(
      "<tr id=\"line-{}\"{}><td class=\"number\">{}</td><td class=\"number\">{}</td><td "
      "class=\"marks\">{}</td>"
      "<td>{}</td><td class=\"code\">{}</td></tr>\n",
      number, survived ? " class=\"survived\"" : "", place.second, source == nullptr ? "" : ran_text(*source),
      marks(mutants), source != nullptr && source->patched ? "+" : "", code);
}

std::string Listing::html() const {
  if (lines_.empty()) {
    return "";
  }
  std::string text =
      "<section id=\"source\">\n<h2>Source</h2>\n<p class=\"note\">&#10007; survived, &#10003; killed, ? "
      "waiting, "
      "&#8211; put aside; ran: in how many of the trials that were watched; +: a line of the patch. Each "
      "line with "
      "mutants opens.</p>\n<div class=\"scroll\"><table class=\"listing\"><caption>Lines and their "
      "mutants</caption>\n<thead><tr><th scope=\"col\" class=\"number\">line</th><th scope=\"col\" "
      "class=\"number\">ran</th><th scope=\"col\">mutants</th><th scope=\"col\">+</th><th "
      "scope=\"col\">text</th></tr></thead>\n<tbody>\n";
  const Place* last = nullptr;
  for (const auto& [place, line] : lines_) {
    if (last == nullptr || last->first != place.first) {
      text += fmt::format("<tr><th colspan=\"5\" scope=\"rowgroup\"><code>{}</code></th></tr>\n",
                          html_text(place.first));
    } else if (last->second + 1 != place.second) {
      text += "<tr><td class=\"number\">&#8942;</td><td colspan=\"4\"></td></tr>\n";
    }
    text += row(place, line);
    last = &place;
  }
  return text + "</tbody></table></div>\n</section>\n";
}

}  // namespace assay::report
