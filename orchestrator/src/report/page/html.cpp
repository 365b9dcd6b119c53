// SPDX-License-Identifier: GPL-2.0-or-later
// The words of HTML that the page is made of.
#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/page/browser_parts.hpp"
#include "report/page/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace assay::report {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const bool special = c == '<' || c == '>' || c == '&' || c == '"' || c == '\'';
    safe += special ? fmt::format("&#{};", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return safe;
}

struct Part {
  std::size_t begin;
  std::size_t end;
};

/// Each arrow with the words on both sides, or what of them fits on a narrow screen.
std::vector<Part> unbroken_parts(std::string_view line) {
  constexpr std::size_t side = 12;
  constexpr std::size_t most = 36;
  std::vector<Part> parts;
  std::size_t last_arrow = 0;
  for (std::size_t at = 0; at + 1 < line.size(); ++at) {
    const auto arrow = line.substr(at, 2);
    if (at < last_arrow || (arrow != "->" && arrow != "=>" && arrow != "<-")) {
      continue;  // "<->" is one
    }
    const auto before = line.substr(0, at > 0 && line[at - 1] == ' ' ? at - 1 : at);
    const auto behind = at + 2 < line.size() && line[at + 2] == ' ' ? at + 3 : at + 2;
    const auto word = before.rfind(' ') + 1;  // npos + 1 is 0
    const auto word_end = std::min(line.find(' ', behind), line.size());
    Part part{std::max(word, before.size() - std::min(side, before.size())),
              std::min(word_end, behind + side)};
    if (!parts.empty() && part.begin <= parts.back().end) {
      if (part.end - parts.back().begin <= most) {
        part.begin = parts.back().begin;
        parts.pop_back();
      } else {
        parts.back().end = part.begin = last_arrow + (at - last_arrow) / 2;
      }
    }
    last_arrow = at + 2;
    parts.push_back(part);
  }
  return parts;
}

struct VerdictLook {
  std::string_view name;
  std::string_view symbol;
};

VerdictLook look_of(verdict::Verdict verdict) {
  switch (verdict) {
    case verdict::Verdict::holds:
      return {"holds", "&#10003;"};
    case verdict::Verdict::refuted:
      return {"refuted", "&#10007;"};
    case verdict::Verdict::inconclusive:
      return {"inconclusive", "?"};
    case verdict::Verdict::not_run:
      break;
  }
  return {"not-run", "&#8211;"};
}

std::string cells(std::string_view tag, std::string_view align, const std::vector<std::string>& row) {
  std::string text = "<tr>";
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool number = i < align.size() && align[i] == 'r';
    const bool head = tag == "th" || (i == 0 && !align.empty() && align[0] == 'h');
    text += fmt::format("<{0}{1}{2}>{3}</{0}>", head ? "th" : "td",
                        !head         ? ""
                        : tag == "th" ? " scope=\"col\""
                                      : " scope=\"row\"",
                        number ? " class=\"number\"" : "", row[i]);
  }
  return text + "</tr>\n";
}

}  // namespace

std::string html_head(std::string_view title, std::string_view script) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\" class=\"without-script\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src {}\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n",
      script, html_attribute(title), page_style());
}

std::string html_contents(const std::vector<HtmlSection>& sections) {
  std::string text = "<nav aria-label=\"Contents\"><ul>\n";
  for (const auto& [title, section] : sections) {
    const auto begin = section.find("id=\"");
    if (begin != std::string::npos) {
      const auto id = section.substr(begin + 4, section.find('"', begin + 4) - begin - 4);
      text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, title);
    }
  }
  return text + "</ul></nav>\n";
}

std::string html_text(std::string_view text) {
  const auto line = one_line(text);
  std::string html;
  std::size_t done = 0;
  for (const auto& [begin, end] : unbroken_parts(line)) {
    html += escaped(std::string_view(line).substr(done, begin - done));
    html += fmt::format("<span class=\"keep\">{}</span>",
                        escaped(std::string_view(line).substr(begin, end - begin)));
    done = end;
  }
  return html + escaped(std::string_view(line).substr(done));
}

std::string html_attribute(std::string_view text) { return escaped(one_line(text)); }

std::string html_lines(std::string_view text) { return escaped(printable(text)); }

std::string html_id(std::string_view prefix, std::string_view name) {
  std::string id(prefix);
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    id += plain ? c : '_';
  }
  return id;
}

std::string html_verdict(verdict::Verdict verdict, std::string_view more) {
  const auto [name, symbol] = look_of(verdict);
  return fmt::format(
      "<span class=\"verdict {}\"><span class=\"symbol\" aria-hidden=\"true\">{}</span> {}{}</span>", name,
      symbol, name_of(verdict), more);
}

std::string html_table(std::string_view caption, std::string_view align,
                       const std::vector<std::vector<std::string>>& rows) {
  auto text = fmt::format("<div class=\"scroll\"><table><caption>{}</caption>\n<thead>{}</thead>\n<tbody>\n",
                          caption, cells("th", align, rows.front()));
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
    text += cells("td", align, *row);
  }
  return text + "</tbody></table></div>\n";
}

std::string html_fact(std::string_view name, const std::string& value) {
  return value.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

std::string html_variant(const Variants& variants, std::string_view variant) {
  const auto place = variants.place(variant);
  constexpr std::size_t colours = 6;        // of orchestrator/browser/report.css
  constexpr std::size_t forms = 4;          // of orchestrator/browser/sides.css
  constexpr std::size_t short_enough = 24;  // to stay with its mark on a narrow screen
  const auto form = place / colours % forms;
  return fmt::format("<span{}><i class=\"side side-{}{}\"></i>{}</span>",
                     variant.size() <= short_enough ? " class=\"keep\"" : "", place % colours,
                     form == 0 ? "" : fmt::format(" form-{}", form), html_text(variant));
}

}  // namespace assay::report
