// SPDX-License-Identifier: GPL-2.0-or-later
// Where the results come from: patches, kernels, host, and how to run it all again.
#include "report/again.hpp"
#include "report/layout.hpp"
#include "report/line_gaps.hpp"
#include "report/names.hpp"
#include "report/page/page.hpp"
#include "report/stored_json.hpp"
#include "report/variants.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

using probe::LineState;

std::string_view class_of(LineState state) {
  switch (state) {
    case LineState::ran:
      return "ran";
    case LineState::not_run:
      return "missed";
    case LineState::no_instruction:
    case LineState::not_built:
    case LineState::unwatched:
      return "absent";
    case LineState::removed:
      break;
  }
  return "removed";
}

/// A text of code, its tabs kept: one_line() would join its blanks.
std::string code_text(std::string_view text) { return html_lines(text); }

std::string covered_lines(const verdict::KernelCoverage& kernel) {
  std::string text;
  LineGaps gaps;
  for (const auto& [line, state, among_code] : kernel.lines) {
    const auto before = gaps.next(line);
    if (before == LineGaps::Before::file) {
      text += fmt::format("<tr><th colspan=\"3\" scope=\"rowgroup\"><code>{}</code></th></tr>\n",
                          html_text(line.file));
    } else if (before == LineGaps::Before::gap) {
      text += "<tr><td></td><td class=\"number\">&#8942;</td><td></td></tr>\n";
    }
    text += fmt::format(
        "<tr class=\"{0}\"><td class=\"{0}\">{1}</td><td class=\"number\">{2}</td><td>{3}</td></tr>\n",
        class_of(state), name_of(state), line.line, code_text(line.text));
  }
  return text;
}

std::string coverage(const verdict::KernelCoverage& kernel) {
  constexpr std::size_t few = 40;
  const auto title =
      fmt::format("{} [{}]: {}", html_text(kernel.variant), html_text(short_id(kernel.kernel_id)),
                  html_text(probe::coverage_of(kernel.lines).text()));
  if (kernel.lines.empty()) {
    return fmt::format("<p>{}</p>\n", title);
  }
  return fmt::format(
      "<details{}><summary>{}</summary>\n<div class=\"scroll\"><table class=\"coverage\">"
      "<caption>Lines that the series adds and removes</caption>\n<thead><tr>"
      "<th scope=\"col\">state</th><th scope=\"col\" class=\"number\">line</th>"
      "<th scope=\"col\">text</th></tr></thead>\n<tbody>{}</tbody></table></div></details>\n",
      kernel.lines.size() <= few ? " open" : "", title, covered_lines(kernel));
}

std::string patch(const PatchText& one) {
  const auto title = fmt::format("{}: {}{}", html_text(one.variant), one.reverse ? "taken back: " : "",
                                 html_text(one.title));
  if (one.text.empty()) {
    return fmt::format("<p>{} <span class=\"note\">({})</span></p>\n", title, html_text(one.why_not));
  }
  return fmt::format(
      "<details><summary>{}</summary>\n<pre tabindex=\"0\" aria-label=\"patch\">{}</pre></details>\n", title,
      html_lines(one.text));
}

std::string config_table(std::size_t kernels, const PageParts& parts) {
  if (kernels < 2) {
    return "<p class=\"note\">There is no other kernel to compare its configuration with.</p>\n";
  }
  if (parts.configured.size() < 2) {
    return fmt::format(
        "<p class=\"note\">The results keep the configuration of {} of {} kernels, so none are compared; "
        "earlier versions of Assay kept none. <code>assay kernel diff</code> compares kernels that are "
        "built.</p>\n",
        parts.configured.size(), kernels);
  }
  std::vector<std::vector<std::string>> rows{{"option"}};
  for (const auto& variant : parts.configured) {
    rows.front().push_back(html_text(variant));
  }
  for (const auto& option : parts.differing) {
    std::vector<std::string> row{fmt::format("<code>{}</code>", html_text(option.name))};
    for (const auto& value : option.values) {
      row.push_back(html_text(value));
    }
    rows.push_back(std::move(row));
  }
  if (rows.size() == 1) {
    return fmt::format("<p>The configurations of all {} kernels are the same.</p>\n",
                       parts.configured.size());
  }
  return html_table("Options that differ among the kernels", "hllllllllll", rows);
}

std::string source_text(const nlohmann::ordered_json& provenance) {
  const auto source = provenance.find("source");
  std::string text;
  if (source != provenance.end() && source->is_object()) {
    for (const auto* key : {"package", "directory", "git", "revision", "commit", "tree", "sha256"}) {
      const auto value = member(*source, key);
      text += value.empty() ? "" : fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value);
    }
  }
  return text;
}

/// What a kernel was built from besides patches and options; often the same for all of a run.
std::string build_facts(const store::KernelInfo& kernel) {
  const auto provenance = object_from(kernel.provenance);
  return html_fact("architecture", html_text(member(provenance, "arch"))) +
         html_fact("source", html_text(source_text(provenance))) +
         html_fact("compiler", html_text(member(provenance, "compiler")));
}

std::string kernels_table(const std::vector<store::KernelInfo>& kernels, const Variants& variants) {
  std::vector<std::vector<std::string>> rows{{"kernel", "release", "variant", "id"}};
  for (const auto& kernel : kernels) {
    const auto provenance = object_from(kernel.provenance);
    const auto extends = member(provenance, "extends");
    rows.push_back({html_variant(variants, kernel.variant), html_text(kernel.release),
                    html_text(member(provenance, "variant")) +
                        (extends.empty() ? "" : ", extends " + html_text(extends)),
                    fmt::format("<code>{}</code>", html_text(kernel.id))});
  }
  return html_table("Kernels of the run; <code>assay kernel show</code> explains an id", "hlll", rows);
}

std::string builds(const std::vector<store::KernelInfo>& kernels) {
  if (kernels.empty()) {
    return "";
  }
  const auto first = build_facts(kernels.front());
  const bool same = std::all_of(kernels.begin(), kernels.end(),
                                [&](const auto& kernel) { return build_facts(kernel) == first; });
  if (same) {
    return "<dl>\n" + first + "</dl>\n";
  }
  std::string text;
  for (const auto& kernel : kernels) {
    text += fmt::format("<h3>{}</h3>\n<dl>\n{}</dl>\n", html_text(kernel.variant), build_facts(kernel));
  }
  return text;
}

std::string members(std::string_view title, const std::string& json) {
  std::string facts;
  const auto object = object_from(json);
  for (const auto& [key, value] : object.items()) {
    auto name = key;
    std::ranges::replace(name, '_', ' ');
    facts += html_fact(html_text(name), html_text(member(object, key.c_str())));
  }
  return facts.empty() ? "" : fmt::format("<h3>{}</h3>\n<dl>\n{}</dl>\n", title, facts);
}

}  // namespace

std::string patches_section(const store::RunView& view, const PageParts& parts) {
  const auto kernels = verdict::coverage_by_kernel(view.trials);
  if (kernels.empty() && parts.patches.empty()) {
    return "";
  }
  std::string text = "<section id=\"patches\">\n<h2>Patches</h2>\n";
  for (const auto& one : parts.patches) {
    text += patch(one);
  }
  for (const auto& kernel : kernels) {
    text += coverage(kernel);
  }
  return text + "</section>\n";
}

std::string kernels_section(const store::RunView& view, const PageParts& parts) {
  std::string text = "<section id=\"kernels\">\n<h2>Kernels and host</h2>\n";
  text += kernels_table(view.run.kernels, Variants(view)) + builds(view.run.kernels);
  text += "<h3>Configuration</h3>\n" + config_table(view.run.kernels.size(), parts);
  return text + members("Settings of the run", view.run.settings) + members("Host", view.run.host) +
         "</section>\n";
}

std::string again_section(const store::RunView& view) {
  const auto run = html_text(view.run.id);
  return fmt::format(
      "<section id=\"again\">\n<h2>Run it again</h2>\n<p>The same experiment with the same options. Seeds "
      "come from "
      "the experiment, so each trial gets the one that it had; kernels are built unless the cache has them, "
      "and they "
      "are the same when their ids are.</p>\n<pre tabindex=\"0\" aria-label=\"commands\">{0}\nassay compare "
      "{1} last\n"
      "</pre>\n<details><summary>The experiment as it was read</summary>\n<pre tabindex=\"0\" "
      "aria-label=\"experiment\">{2}</pre></details>\n</section>\n",
      html_text(again_command(view.run)), run, html_lines(view.run.experiment_toml));
}

}  // namespace assay::report
