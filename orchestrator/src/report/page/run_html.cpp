// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/counts.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/page/browser_parts.hpp"
#include "report/page/page.hpp"
#include "report/run_facts.hpp"
#include "report/variants.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <utility>

namespace assay::report {
namespace {

using verdict::Verdict;

/// A script's name in a Content-Security-Policy: no other script runs, whatever stands in the page.
std::string policy_hash(const std::string& script) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> text{};
  unsigned length = 0;
  ::EVP_Digest(script.data(), script.size(), digest.data(), &length, ::EVP_sha256(), nullptr);
  const auto size = ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(length));
  return "'sha256-" + std::string(text.begin(), text.begin() + size) + "'";
}

/// "7 hold", "1 refuted": only what there is, with its symbol.
std::string summary_list(const store::RunView& view) {
  std::string text = "<ul class=\"sum\" aria-label=\"Verdicts\">\n";
  for (const auto verdict : {Verdict::refuted, Verdict::inconclusive, Verdict::not_run, Verdict::holds}) {
    const auto count = std::count_if(view.verdicts.begin(), view.verdicts.end(),
                                     [&](const auto& claim) { return claim.verdict == verdict; });
    if (count > 0) {
      text += fmt::format("<li>{}</li>\n", html_verdict(verdict, fmt::format(" &#215; {}", count)));
    }
  }
  return text + "</ul>\n";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += (text.empty() ? "" : "<br>") + html_text(line);
  }
  return text;
}

std::vector<std::string> trials_lines(const store::RunView& view) {
  std::vector<std::string> lines{trials_text(view)};
  if (auto taint = taint_text(view); !taint.empty()) {
    lines.push_back(std::move(taint));
  }
  return lines;
}

std::string facts(const store::RunView& view) {
  std::string kernels;
  const Variants variants(view);
  for (const auto& kernel : view.run.kernels) {
    kernels += fmt::format("{}{} = {} <code>[{}]</code>", kernels.empty() ? "" : "<br>",
                           html_variant(variants, kernel.variant), html_text(built_as(kernel)),
                           html_text(short_id(kernel.id)));
  }
  const auto& run = view.run;
  return "<dl>\n" + html_fact("run", fmt::format("<code>{}</code>", html_text(run.id))) +
         html_fact("time", html_text(run.started + (run.finished.empty() ? "" : " to " + run.finished))) +
         html_fact("trials", joined(trials_lines(view))) + html_fact("kernels", kernels) +
         html_fact("machine", joined(machine_texts(view))) +
         html_fact("emulated", html_text(emulator_text(view))) +
         html_fact("probes", joined(probe_texts(view))) +
         html_fact("patch", html_text(verdict::coverage_text(verdict::coverage_by_kernel(view.trials)))) +
         "</dl>\n";
}

}  // namespace

std::string run_html(const store::RunView& view, PageParts parts) {
  const auto script = page_script();
  const auto data = page_data(view, parts.lines);
  const std::vector<HtmlSection> sections{
      {"Claims", claims_section(view)},
      {"Grids", grids_section(view)},
      {"Time lines", lines_section(parts.lines)},
      {"Findings", findings_section(view)},
      {"Trials", trials_section(view)},
      {"Patches", patches_section(view, parts)},
      {"Kernels and host", kernels_section(view, parts)},
      {"Run it again", again_section(view)},
  };
  auto text = html_head(fmt::format("{}: {}", view.run.experiment, verdict_counts(view.verdicts)),
                        policy_hash(script));
  text += fmt::format(
      "<body>\n<a class=\"skip\" href=\"#claims\">Skip to the claims</a>\n<header>\n"
      "<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n",
      html_text(view.run.experiment), html_text(view.run.title));
  text += summary_list(view) + facts(view) + "</header>\n" + html_contents(sections) + "<main>\n";
  for (const auto& [title, section] : sections) {
    text += section;
  }
  text += fmt::format("</main>\n<footer>{}: claims about kernel patches on trial.</footer>\n",
                      html_text(parts.program));
  text += "<script type=\"application/json\" id=\"data\">" + data + "</script>\n";
  return text + "<script>" + script + "</script>\n</body>\n</html>\n";
}

}  // namespace assay::report
