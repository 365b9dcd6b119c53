// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/kept_file.hpp"
#include "report/counts.hpp"
#include "report/layout.hpp"
#include "report/page/page.hpp"
#include "report/run_facts.hpp"
#include "report/variants.hpp"
#include "report/wording.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Side;
using verdict::Verdict;

std::string class_of(Verdict verdict) {
  return verdict == Verdict::not_run ? "not-run" : std::string(name_of(verdict));
}

bool drawable(const ClaimVerdict& claim) {
  return std::any_of(claim.sides.begin(), claim.sides.end(),
                     [](const Side& side) { return !side.values.empty(); });
}

/// "before 1 (1 to 1.001), n = 10; after 0 (0 to 0.001), n = 10": the plot in words.
std::string sides_text(const ClaimVerdict& claim) {
  std::string text;
  for (const auto& side : claim.sides) {
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", one_line(side.variant), side_text(side));
  }
  return text;
}

/// The same for the table of all claims, where there is little room.
std::string short_sides(const ClaimVerdict& claim, const Variants& variants) {
  std::string text;
  for (const auto& side : claim.sides) {
    const auto came_to = side_text(side);
    text += fmt::format("{}{} {}", text.empty() ? "" : "<br>", html_variant(variants, side.variant),
                        html_text(came_to.substr(0, came_to.find(", n = "))));
  }
  return text;
}

std::string index_table(const store::RunView& view) {
  std::vector<std::vector<std::string>> rows{{"claim", "verdict", "what it came to"}};
  const Variants variants(view);
  const auto controls = controls_of(view);
  for (const auto& claim : view.verdicts) {
    const auto link = fmt::format("<a href=\"#{}\">{}</a>{}", html_id("claim-", claim.claim),
                                  html_text(claim.says), controls.contains(claim.claim) ? " (control)" : "");
    rows.push_back({link, html_verdict(claim.verdict), short_sides(claim, variants)});
  }
  return "<div class=\"index\">" +
         html_table(fmt::format("{}; each leads to its evidence", verdict_counts(view.verdicts)), "lll",
                    rows) +
         "</div>\n";
}

std::string quote(const experiment::ClaimSource& source) {
  if (source.quote.empty() || source.quote == "none") {
    return "";
  }
  auto from = html_text(source.author);
  if (!source.message_id.empty()) {
    from += fmt::format("{}<a href=\"https://lore.kernel.org/r/{}\">{}</a>", from.empty() ? "" : ", ",
                        html_attribute(source.message_id), html_text(source.message_id));
  }
  return fmt::format(
      "<figure class=\"quote\"><blockquote>{}</blockquote><figcaption>{}</figcaption></figure>\n",
      html_text(source.quote), from);
}

std::string chart(std::size_t index, const ClaimVerdict& claim) {
  if (!drawable(claim)) {
    return "<p class=\"note\">No trial that this claim could use.</p>\n";
  }
  const auto words = fmt::format("{}: {}", claim.figure, sides_text(claim));
  return fmt::format(
      "<figure class=\"chart\" data-claim=\"{}\"><div class=\"plot\" role=\"group\" "
      "aria-roledescription=\"chart\" "
      "aria-label=\"{}. Arrow keys go from trial to trial; the table has the same figures.\"></div>"
      "<figcaption class=\"readout\" aria-live=\"polite\">{}</figcaption></figure>\n",
      index, html_attribute(words), html_text(claim.figure + ", a point for each trial"));
}

std::string sides_table(const ClaimVerdict& claim, const Variants& variants) {
  auto rows = side_rows(claim);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    for (auto& cell : rows[i]) {
      cell = &cell == &rows[i].front() ? html_variant(variants, cell)
             : cell == "-"             ? "&#8211;"
                                       : html_text(cell);
    }
  }
  return claim.sides.empty() ? "" : html_table(html_text(claim.figure), "hrrrrl", rows);
}

std::string facts(const ClaimVerdict& claim, const experiment::ClaimSource& source) {
  std::string text = "<dl>\n";
  text += html_fact(claim.verdict == Verdict::holds ? "because" : "why", html_text(claim.reason));
  text += html_fact("rule", html_text(claim.rule));
  if (claim.test) {
    const auto percent = verdict::number_text(claim.test->confidence * 100);
    text += html_fact("effect", html_text(effect_text(claim)) + fmt::format("; {} % intervals", percent));
    text += html_fact("p", html_text(test_text(*claim.test)));
  }
  text += html_fact("patch", html_text(claim.coverage));
  text += html_fact("workload", html_text(source.workload));
  text += html_fact("trials", html_text(sources_text(claim)));
  for (const auto& line : left_out_texts(claim)) {
    text += html_fact("left out", html_text(line));
  }
  return text + "</dl>\n";
}

std::string value_table(const ClaimVerdict& claim, const Variants& variants) {
  constexpr std::size_t most_rows = 2000;
  std::vector<std::vector<std::string>> rows{{"variant", "machine", "trial", "figure"}};
  for (const auto& side : claim.sides) {
    for (std::size_t i = 0; i < side.values.size() && rows.size() <= most_rows; ++i) {
      const bool known = i < side.sources.size();
      rows.push_back({html_variant(variants, side.variant), known ? html_text(side.sources[i].machine) : "",
                      known ? fmt::format("#{}", side.sources[i].repeat + 1) : "",
                      html_text(verdict::number_text(side.values[i]))});
    }
  }
  if (rows.size() == 1) {
    return "";
  }
  const auto* title = rows.size() > most_rows ? "The figures of the first trials; assay show --json has all"
                                              : "The figure of each trial";
  return fmt::format("<details><summary>{}</summary>\n", title) +
         html_table(html_text(claim.figure), "llrr", rows) + "</details>\n";
}

std::string article(std::size_t index, const ClaimVerdict& claim, const experiment::ClaimSource& source,
                    const Variants& variants) {
  return fmt::format(
             "<article class=\"claim {}\" id=\"{}\">\n<h3>{} <span class=\"id\">{}</span>{}</h3>\n"
             "<p class=\"says\">{}</p>\n",
             class_of(claim.verdict), html_id("claim-", claim.claim), html_verdict(claim.verdict),
             html_text(claim.claim), source.control ? " <span class=\"id\">(control)</span>" : "",
             html_text(claim.says)) +
         quote(source) + "<div class=\"evidence\">\n<div>" + chart(index, claim) + "</div>\n<div>" +
         sides_table(claim, variants) + "</div>\n</div>\n" + facts(claim, source) +
         value_table(claim, variants) + "</article>\n";
}

}  // namespace

std::string claims_section(const store::RunView& view) {
  std::string text = "<section id=\"claims\">\n<h2>Claims</h2>\n";
  if (view.verdicts.empty()) {
    return text + "<p>Nothing was judged yet.</p>\n</section>\n";
  }
  text += index_table(view);
  const Variants variants(view);
  const auto sources = experiment::claim_sources_in(view.run.experiment_toml);
  for (std::size_t i = 0; i < view.verdicts.size(); ++i) {
    const auto source = std::find_if(sources.begin(), sources.end(),
                                     [&](const auto& one) { return one.claim == view.verdicts[i].claim; });
    text +=
        article(i, view.verdicts[i], source == sources.end() ? experiment::ClaimSource{} : *source, variants);
  }
  return text + "</section>\n";
}

}  // namespace assay::report
