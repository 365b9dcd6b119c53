// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/page/time_lines.hpp"
#include "report/variants.hpp"
#include "store/run_view.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::report {

/// An option of the kernels' configuration that is not the same in all of them.
struct DifferingOption {
  std::string name;
  std::vector<std::string> values;  ///< one for each kernel of the run that has a configuration
};

struct PatchText {
  std::string variant;
  std::string title;  ///< the file's name and its subject
  std::string text;   ///< "" when it is not shown
  bool reverse = false;
  std::string why_not = {};  ///< it is not shown
};

/// What the page shows beside what all reports show; any of it may be missing.
struct PageParts {
  TimeLines lines;
  std::vector<std::string> configured;     ///< variants whose configuration is kept
  std::vector<DifferingOption> differing;  ///< among these
  std::vector<PatchText> patches;
  std::string program;  ///< that writes the page: "Assay 0.1.0"
};

/// Reads what belongs to a run from the store and from nowhere else. Error: as the store's.
[[nodiscard]] Result<PageParts> read_page_parts(store::Store& results, const store::RunView& view);

/// One HTML file that needs nothing else: no network, no other file, and for all but charts no script. What
/// comes from guests is shown as text. At most some 7 MB beside its patches, whatever was sampled: time lines
/// lose columns. Links to a trial's console work where the file lies in the run's folder.
[[nodiscard]] std::string run_html(const store::RunView& view, PageParts parts);

// ---- the sections of the page, in their order

/// The page up to its body. No script runs but that which `script` names in the words of a
/// Content-Security-Policy: a hash in quotes, or 'none'.
[[nodiscard]] std::string html_head(std::string_view title, std::string_view script);
/// A title (HTML), and a <section> with an id; or nothing.
using HtmlSection = std::pair<std::string_view, std::string>;
/// Links to all sections that there are.
[[nodiscard]] std::string html_contents(const std::vector<HtmlSection>& sections);
/// Text as HTML shows it, on one line; arrows ("a->b") are not broken from what they point from and to.
[[nodiscard]] std::string html_text(std::string_view text);
/// The same without markup: within quotes of an attribute, or for <title>.
[[nodiscard]] std::string html_attribute(std::string_view text);
/// The same with its lines and tabs, for <pre>.
[[nodiscard]] std::string html_lines(std::string_view text);
/// A value of the attribute id: letters, digits, "-" and "_".
[[nodiscard]] std::string html_id(std::string_view prefix, std::string_view name);
/// Symbol and word: <span class="verdict holds">...</span>
[[nodiscard]] std::string html_verdict(verdict::Verdict verdict, std::string_view more = "");
/// The variant's name with its mark in its colour.
[[nodiscard]] std::string html_variant(const Variants& variants, std::string_view variant);
/// A table with a caption in a box that scrolls by itself; cells are HTML, the first row its head. Columns
/// that `align` calls 'r' are numbers.
[[nodiscard]] std::string html_table(std::string_view caption, std::string_view align,
                                     const std::vector<std::vector<std::string>>& rows);
/// <dt> and <dd>, from HTML; nothing for an empty `value`.
[[nodiscard]] std::string html_fact(std::string_view name, const std::string& value);

[[nodiscard]] std::string claims_section(const store::RunView& view);
/// "" when the experiment has no grids.
[[nodiscard]] std::string grids_section(const store::RunView& view);
[[nodiscard]] std::string lines_section(const TimeLines& lines);
[[nodiscard]] std::string findings_section(const store::RunView& view);
[[nodiscard]] std::string trials_section(const store::RunView& view);
[[nodiscard]] std::string patches_section(const store::RunView& view, const PageParts& parts);
[[nodiscard]] std::string kernels_section(const store::RunView& view, const PageParts& parts);
[[nodiscard]] std::string again_section(const store::RunView& view);

/// What the page's script draws, as JSON that may stand within a <script> element. Halves the time lines
/// until it is small enough.
[[nodiscard]] std::string page_data(const store::RunView& view, TimeLines& lines);

}  // namespace assay::report
