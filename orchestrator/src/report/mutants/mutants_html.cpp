// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/mutants/listing.hpp"
#include "report/mutants/mutants.hpp"
#include "report/mutants/sums.hpp"
#include "report/page/page.hpp"

#include <fmt/format.h>

namespace assay::report {
namespace {

using mutate::Fate;
using mutate::Score;

std::string fates_list(const Score& score) {
  std::string text = "<ul class=\"sum\" aria-label=\"Mutants\">\n";
  for (const auto fate :
       {Fate::survived, Fate::killed, Fate::waiting, Fate::does_not_compile, Fate::same_code}) {
    if (const auto count = score.count(fate); count > 0) {
      text += fmt::format("<li>{}</li>\n", html_fate(fate, fmt::format(" &#215; {}", count)));
    }
  }
  return text + "</ul>\n";
}

std::string mutants_facts(const Score& score) {
  std::string judges;
  for (const auto& text : judges_texts(score)) {
    judges += (judges.empty() ? "" : "<br>") + html_text(text);
  }
  return "<dl>\n" + html_fact("score", html_text(score_sentence(score))) +
         html_fact("mutated", html_text(scope_text(score))) + html_fact("claims", judges) +
         html_fact("baseline", html_text(score.baseline)) + "</dl>\n";
}

std::string survivors_section(const Score& score, const Listing& listing) {
  const ScopeLines lines(score);
  std::string items;
  for (const auto& one : score.mutants) {
    if (one.fate != Fate::survived) {
      continue;
    }
    const auto& mutant = one.mutant;
    items += fmt::format(
        "<li><p><a href=\"#{}\"><code>{}:{}</code></a> {} <code>{}</code></p>\n"
        "<pre tabindex=\"0\" aria-label=\"mutant\">{}</pre>\n",
        listing.anchor(mutant), html_text(mutant.file), mutant.line, html_text(mutant_text(mutant)),
        html_text(mutant.id), html_diff(one.diff, DiffPart::whole));
    for (const auto& known : {lines.known_of(mutant), fate_text(one)}) {
      items += known.empty() ? "" : fmt::format("<p>{}</p>\n", html_text(known));
    }
    items += "</li>\n";
  }
  if (items.empty()) {
    items = fmt::format("<p>{}</p>\n", score.percent() ? "No mutant survived." : "No mutant was judged yet.");
  } else {
    items = "<ol class=\"survivors\">\n" + items + "</ol>\n";
  }
  return "<section id=\"survivors\">\n<h2>Survivors</h2>\n" + items + "</section>\n";
}

std::string table_section(std::string_view id, std::string_view title, std::string_view caption,
                          std::string_view align, std::vector<std::vector<std::string>> rows,
                          const std::string& note) {
  for (auto& row : rows) {
    for (auto& cell : row) {
      cell = html_text(cell);
    }
  }
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n", id, title) +
         (rows.size() > 1 ? html_table(caption, align, rows) : "") +
         (note.empty() ? "" : fmt::format("<p>{}</p>\n", html_text(note))) + "</section>\n";
}

}  // namespace

std::string mutants_html(const Score& score, std::string_view program) {
  const Listing listing(score);
  const std::vector<HtmlSection> sections{
      {"Survivors", survivors_section(score, listing)},
      {"Source", listing.html()},
      {"Operators", table_section("operators", "Operators", "What was changed, and what became of it",
                                  "hrrrrr", operator_rows(score), "")},
      {"Claims", table_section("claims", "Claims", "Mutants that each claim was the first to notice", "hrrr",
                               claim_rows(score), idle_claims_text(score))},
  };
  auto text = html_head(fmt::format("{}: {}", score.experiment, score_text(score)), "'none'");
  text += fmt::format(
      "<body>\n<a class=\"skip\" href=\"#survivors\">Skip to the survivors</a>\n<header>\n"
      "<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n",
      html_text(score.experiment), html_text(score_text(score)));
  text += fates_list(score) + mutants_facts(score) + "</header>\n" + html_contents(sections) + "<main>\n";
  for (const auto& [title, section] : sections) {
    text += section;
  }
  return text + fmt::format(
                    "</main>\n<footer>{}: claims about kernel patches on trial.</footer>\n</body>\n</html>\n",
                    html_text(program));
}

}  // namespace assay::report
