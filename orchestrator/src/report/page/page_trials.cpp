// SPDX-License-Identifier: GPL-2.0-or-later
// Time lines, findings and trials.
#include "base/text.hpp"
#include "report/again.hpp"
#include "report/counts.hpp"
#include "report/failures.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/page/page.hpp"
#include "report/run_facts.hpp"
#include "report/variants.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::report {
namespace {

constexpr std::size_t finding_lines_on_page = 200;
constexpr std::size_t widest_line_on_page = 400;
constexpr std::size_t findings_on_page = 100;

/// The trial's console, beside the page.
std::string console_link(const trial::TrialRecord& record) {
  return record.folder.empty()
             ? ""
             : fmt::format("<a href=\"{}/console.log\">console</a>", html_attribute(record.folder));
}

std::string milliseconds(Nanoseconds time) {
  return fmt::format("{:.1f}", static_cast<double>(time.count()) / 1e6);
}

std::string cells_table(const store::RunView& view) {
  std::vector<std::vector<std::string>> rows{{"variant", "workload", "median ms", "trials"}};
  const Variants variants(view);
  for (const auto& cell : cells_of(view)) {
    rows.push_back({html_variant(variants, cell.variant), html_text(cell.workload), cell.median_text(),
                    text_of(cell.counts)});
  }
  return html_table("By workload; guest time that was measured", "llrl", rows);
}

std::string bad_trials(const store::RunView& view) {
  std::vector<std::vector<std::string>> rows{{"trial", "outcome", "why", ""}};
  for (const auto& record : view.trials) {
    if (record.outcome != trial::Outcome::pass) {
      rows.push_back({html_text(trial_name(record.key)), std::string(name_of(record.outcome)),
                      html_text(cut(why_text(record), widest_line_on_page)), console_link(record)});
    }
  }
  return rows.size() == 1 ? "" : html_table("Trials that did not pass", "hlll", rows);
}

/// "pass, before a finding in write": what it left in the guest may be the cause.
std::string outcome_of(const trial::TrialRecord& record, const Guests& guests) {
  const auto* after = guests.finding_after(record);
  return fmt::format("{}{}", name_of(record.outcome),
                     after == nullptr ? "" : ", before a finding in " + html_text(after->key.workload));
}

std::string all_trials(const store::RunView& view) {
  std::vector<std::vector<std::string>> rows{
      {"variant", "machine", "workload", "trial", "seed", "outcome", "measured ms", "kernel", ""}};
  const Variants variants(view);
  const Guests guests(view);
  for (const auto& record : view.trials) {
    const auto& key = record.key;
    rows.push_back({html_variant(variants, key.variant), html_text(key.machine), html_text(key.workload),
                    fmt::format("#{}", key.repeat + 1), fmt::format("{}", record.seed),
                    outcome_of(record, guests), milliseconds(record.measured),
                    fmt::format("<code>{}</code>", html_text(short_id(record.kernel_id))),
                    console_link(record)});
  }
  return "<details><summary>All trials</summary>\n" +
         html_table("Each trial with its seed; its console lies in the run's folder", "lllrrlrll", rows) +
         "</details>\n";
}

std::string finding(const KnownFinding& known, const store::RunInfo& run, const Guests& guests) {
  const auto& [report, trials, first] = known;
  std::string lines;
  for (const auto& line : quoted_lines(report->text, finding_lines_on_page, widest_line_on_page)) {
    lines += html_lines(line) + "\n";
  }
  auto text = fmt::format(
      "<article class=\"finding\" id=\"{}\">\n<h3>{}</h3>\n<p class=\"note\">fingerprint "
      "<code>{}</code>, in {} trial{}</p>\n<pre tabindex=\"0\" aria-label=\"console\">{}</pre>\n",
      html_id("finding-", report->fingerprint), html_text(report->title), html_text(report->fingerprint),
      trials.size(), plural(trials.size()), lines);
  text += "<details><summary>Trials</summary><ul>";
  for (const auto& name : trials) {
    text += "<li>" + html_text(name) + "</li>";
  }
  return text +
         fmt::format(
             "</ul></details>\n<p class=\"note\">First in {}{}. Again: <code>{}</code></p>\n</article>\n",
             html_text(trials.front()), html_text(guests.circumstances(*first)),
             html_text(again_command(run, guests, *first)));
}

std::string losses(const store::RunView& view) {
  std::uint64_t frames = 0;
  std::uint64_t samples = 0;
  for (const auto& record : view.trials) {
    frames += record.dropped_frames;
    samples += record.dropped_samples;
  }
  return frames + samples == 0
             ? ""
             : fmt::format("<p>{} frame{} and {} sample{} were dropped on the way from the guests.</p>\n",
                           frames, plural(frames), samples, plural(samples));
}

}  // namespace

std::string lines_section(const TimeLines& lines) {
  if (std::all_of(lines.cells.begin(), lines.cells.end(),
                  [](const SampledCell& cell) { return cell.metrics.empty(); })) {
    return "";
  }
  std::size_t unchanged = 0;
  for (const auto& cell : lines.cells) {
    unchanged = std::max(unchanged, cell.unchanged);
  }
  const auto drawn =
      lines.reduced
          ? fmt::format(
                "{} samples: a line has at most {} columns, each with its smallest and largest value.",
                lines.samples, lines.columns)
          : fmt::format("{} samples, all of them drawn.", lines.samples);
  return fmt::format(
      R"(<section id="time-lines">
<h2>Time lines</h2>
<div class="controls">
<label>workload <select id="lines-cell"></select></label>
<label>metric <select id="lines-metric"></select></label>
<label>trials <select id="lines-trial"></select></label>
<label class="tick"><input type="checkbox" id="lines-change"> change since the first sample</label>
</div>
<p class="legend"></p>
<figure class="chart"><div class="plot tall" role="group" aria-roledescription="chart"></div>
<figcaption class="readout" aria-live="polite"></figcaption></figure>
<p class="note">{} Metrics that changed in no trial (up to {} of a workload) are left out. One trial chosen shows its
events{}.</p>
<div class="scroll"><table id="lines-events" hidden><caption></caption>
<thead><tr><th scope="col">no.</th><th scope="col">s</th><th scope="col">event</th><th scope="col">detail</th><th scope="col">value</th></tr></thead>
<tbody></tbody></table></div>
<noscript><p>Charts need JavaScript; the figures of all claims stand in their tables.</p></noscript>
</section>
)",
      drawn, unchanged, lines.events_cut ? ", the first of them where there are many" : "");
}

std::string findings_section(const store::RunView& view) {
  const auto known = known_findings(view.trials);
  if (known.empty()) {
    return "";
  }
  const Guests guests(view);
  std::string text =
      "<section id=\"findings\">\n<h2>Findings</h2>\n<p>What guests' kernels reported about themselves; "
      "equal reports once, as the first guest printed them.</p>\n";
  for (std::size_t i = 0; i < std::min(known.size(), findings_on_page); ++i) {
    text += finding(known[i], view.run, guests);
  }
  if (known.size() > findings_on_page) {
    text += fmt::format("<p>and {} more</p>\n", known.size() - findings_on_page);
  }
  return text + "</section>\n";
}

std::string trials_section(const store::RunView& view) {
  std::string text = "<section id=\"trials\">\n<h2>Trials</h2>\n";
  text += fmt::format("<p>{}</p>\n", html_text(trials_text(view)));
  if (view.trials.empty()) {
    return text + "</section>\n";
  }
  return text + cells_table(view) + bad_trials(view) + losses(view) + all_trials(view) + "</section>\n";
}

}  // namespace assay::report
