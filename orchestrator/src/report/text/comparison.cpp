// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text/comparison.hpp"

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "verdict/figures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <ranges>
#include <utility>

namespace assay::report {
namespace {

using verdict::CellChange;
using verdict::Level;
using verdict::MetricChange;

std::string short_number(double value) {
  constexpr double long_enough = 1e7;
  return std::abs(value) < long_enough ? verdict::number_text(value) : fmt::format("{:.4g}", value);
}

std::string percent(double part) {
  constexpr double most = 10;  // a factor says more than 1234 %
  if (!std::isfinite(part)) {
    return part > 0 ? "new" : "-new";
  }
  return part >= most ? fmt::format("x{:.3g}", part + 1) : fmt::format("{:+.1f} %", part * 100);
}

std::string spread_text(const Level& level) {
  return level.median == 0 ? "" : fmt::format("{:.0f} %", std::abs(level.spread / level.median) * 100);
}

bool is_share(const MetricChange& change) { return change.metric == "not passed"; }

std::vector<std::string> row_of(const MetricChange& change) {
  const auto number = [&](const Level& level) {
    return is_share(change) ? fmt::format("{:.1f} %", level.median * 100) : short_number(level.median);
  };
  const auto moved = change.change();
  return {change.metric,           number(change.base),      spread_text(change.base),
          number(change.head),     spread_text(change.head), moved == 0 ? "=" : percent(moved),
          verdict::stars(change.p)};
}

/// Cuts the names of metrics, in the first column, so that the last one, the stars, stays on the page.
void make_room(std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t gap = 2;
  std::size_t others = gap;
  for (std::size_t column = 1; column < rows.front().size(); ++column) {
    std::size_t widest = 0;
    for (const auto& row : rows) {
      widest = std::max(widest, row[column].size());
    }
    others += gap + widest;
  }
  for (auto& row : rows) {
    row.front() = cut(row.front(), page_width - std::min(others, page_width));
  }
}

/// Something to see: a star, or trials that did not pass.
bool stands_out(const MetricChange& change) {
  const bool bad = is_share(change) && change.base.median + change.head.median > 0;
  return bad || !verdict::stars(change.p).empty();
}

std::string variants_text(const CellChange& cell) {
  return cell.base_variant == cell.head_variant ? cell.base_variant
                                                : cell.base_variant + " against " + cell.head_variant;
}

std::string cell_section(const CellChange& cell, bool all, const Paint& paint) {
  std::vector<std::vector<std::string>> rows{{"metric", "base", "+-", "head", "+-", "change", ""}};
  for (const auto& metric : cell.metrics) {
    const bool nothing = metric.base.median == 0 && metric.head.median == 0;
    if (stands_out(metric) || (all && !nothing)) {
      rows.push_back(row_of(metric));
    }
  }
  const auto title = fmt::format("{}, {}, {}", variants_text(cell), cell.machine, cell.workload);
  auto text = paint.bold(cut(title, page_width)) + "\n";
  if (rows.size() == 1) {
    return text +
           fmt::format("  {} against {} trials: nothing differs\n", cell.base_trials, cell.head_trials);
  }
  make_room(rows);
  return text + aligned("  ", "lrrrrrl", rows);
}

std::string side_lines(std::string_view name, const ComparedRuns& side) {
  constexpr std::size_t most = 5;
  std::string text;
  for (const auto& view : side.runs | std::views::take(most)) {
    auto line = fmt::format("{} ({} trials", view.run.id, view.trials.size());
    line += side.variant.empty() ? ")" : ", variant " + side.variant + ")";
    text += wrapped(text.empty() ? fmt::format("{}  ", name) : "      ", line);
    for (const auto& kernel : view.run.kernels) {
      if (side.variant.empty() || kernel.variant == side.variant) {
        text += wrapped("      ",
                        fmt::format("{} = {} [{}]", kernel.variant, kernel.release, short_id(kernel.id)));
      }
    }
  }
  if (side.runs.size() > most) {
    text +=
        fmt::format("      and {} more run{}\n", side.runs.size() - most, plural(side.runs.size() - most));
  }
  return text;
}

struct ClaimChange {
  std::string claim;
  std::optional<verdict::Verdict> base;
  std::optional<verdict::Verdict> head;
};

/// The last verdicts on each claim that both sides judged, in the order of the experiment.
std::vector<ClaimChange> claim_changes(const RunComparison& comparison) {
  std::vector<ClaimChange> changes;
  if (!comparison.base.variant.empty() || !comparison.head.variant.empty()) {
    return changes;  // A verdict is on all variants of a run.
  }
  for (const auto& [side, verdict_of] :
       {std::pair(&comparison.base, &ClaimChange::base), std::pair(&comparison.head, &ClaimChange::head)}) {
    for (const auto& view : side->runs) {
      for (const auto& claim : view.verdicts) {
        auto change = std::ranges::find(changes, claim.claim, &ClaimChange::claim);
        if (change == changes.end()) {
          change = changes.insert(changes.end(), ClaimChange{claim.claim, {}, {}});
        }
        (*change).*verdict_of = claim.verdict;
      }
    }
  }
  std::erase_if(changes, [](const ClaimChange& change) { return !change.base || !change.head; });
  return changes;
}

std::string claims_section(const RunComparison& comparison, const Paint& paint) {
  const auto changes = claim_changes(comparison);
  std::vector<std::vector<std::string>> rows{{"claim", "base", "head"}};
  for (const auto& change : changes) {
    if (change.base != change.head) {
      rows.push_back(
          {cut(change.claim, 44), std::string(name_of(*change.base)), std::string(name_of(*change.head))});
    }
  }
  if (rows.size() == 1) {
    const auto same = changes.size();
    return same == 0 ? "" : fmt::format("\n{} claim{}, all with equal verdicts\n", same, plural(same));
  }
  return fmt::format("\n{}\n", paint.bold("Verdicts that differ")) + aligned("  ", "lll", rows);
}

std::string footer(const std::vector<CellChange>& cells) {
  std::size_t compared = 0;
  std::size_t starred = 0;
  for (const auto& cell : cells) {
    for (const auto& metric : cell.metrics) {
      // What is equal in all trials cannot get a star, by chance or otherwise.
      compared += metric.p < 1 ? 1 : 0;
      starred += verdict::stars(metric.p).empty() ? 0 : 1;
    }
  }
  if (compared == 0) {
    return "";
  }
  constexpr double by_chance = 0.05;
  return wrapped("",
                 fmt::format("{} of {} metrics that vary have stars, where chance alone gives up to {:.0f}. "
                             "* p < 0.05, ** p < 0.01, *** p < 0.001 (Mann-Whitney; not passed: Fisher), "
                             "each by itself. Medians; +- is the median distance from it.",
                             starred, compared, std::ceil(by_chance * static_cast<double>(compared))));
}

verdict::Compared trials_of(const ComparedRuns& side) {
  verdict::Compared compared{{}, side.variant};
  for (const auto& view : side.runs) {
    compared.trials.insert(compared.trials.end(), view.trials.begin(), view.trials.end());
  }
  return compared;
}

using Json = nlohmann::ordered_json;

Json level_json(const Level& level) {
  return {{"trials", level.trials}, {"median", level.median}, {"spread", level.spread}};
}

Json cell_json(const CellChange& cell) {
  Json json;
  json["base_variant"] = printable(cell.base_variant);
  json["head_variant"] = printable(cell.head_variant);
  json["machine"] = printable(cell.machine);
  json["workload"] = printable(cell.workload);
  json["metrics"] = Json::array();
  for (const auto& metric : cell.metrics) {
    json["metrics"].push_back({{"metric", printable(metric.metric)},
                               {"base", level_json(metric.base)},
                               {"head", level_json(metric.head)},
                               {"change", metric.change()},
                               {"p", metric.p}});
  }
  return json;
}

Json runs_json(const ComparedRuns& side) {
  auto json = Json::array();
  for (const auto& view : side.runs) {
    json.push_back(printable(view.run.id));
  }
  return json;
}

}  // namespace

RunComparison compare_runs(ComparedRuns base, ComparedRuns head) {
  auto cells = verdict::compare(trials_of(base), trials_of(head));
  return {std::move(base), std::move(head), std::move(cells)};
}

std::string comparison_page(const RunComparison& comparison, bool all, bool colour) {
  const Paint paint(colour);
  auto text = paint.bold(cut(comparison.base.experiment, page_width)) + "\n\n" +
              side_lines("base", comparison.base) + side_lines("head", comparison.head) +
              claims_section(comparison, paint);
  for (const auto& cell : comparison.cells) {
    text += "\n" + cell_section(cell, all, paint);
  }
  if (comparison.cells.empty()) {
    return text + "\nno workload was run on both sides with the same variant and machine\n";
  }
  return text + "\n" + footer(comparison.cells);
}

std::string comparison_json(const std::vector<RunComparison>& comparisons) {
  auto json = Json::array();
  for (const auto& comparison : comparisons) {
    Json one;
    one["experiment"] = printable(comparison.base.experiment);
    one["base"] = runs_json(comparison.base);
    one["head"] = runs_json(comparison.head);
    one["claims"] = Json::array();
    for (const auto& change : claim_changes(comparison)) {
      one["claims"].push_back({{"claim", printable(change.claim)},
                               {"base", name_of(*change.base)},
                               {"head", name_of(*change.head)}});
    }
    one["cells"] = Json::array();
    for (const auto& cell : comparison.cells) {
      one["cells"].push_back(cell_json(cell));
    }
    json.push_back(std::move(one));
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::report
