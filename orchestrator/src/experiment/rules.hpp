// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What may decide a claim.
namespace assay::experiment {

/// A number per trial: a counter, or one counter per another ("vmstat.vma_lock_retry / touches").
/// Names are counters of the workload, changes of kernel counters while it measured, or percentiles of what
/// was sampled meanwhile ("p99(meminfo.Dirty)").
struct Figure {
  std::string numerator;
  std::string denominator;  ///< "" for a plain counter
  [[nodiscard]] std::string text() const {
    return denominator.empty() ? numerator : numerator + " / " + denominator;
  }
};

/// "p99.9(meminfo.Dirty)" as 0.999 of "meminfo.Dirty".
struct Percentile {
  double share = 0;
  std::string metric;
};
/// Nothing when the name in a figure is none.
[[nodiscard]] std::optional<Percentile> percentile_in(std::string_view name);

struct Bound {
  enum class Direction : std::uint8_t { at_least, at_most };
  Direction direction = Direction::at_most;
  double limit = 0;
  [[nodiscard]] bool admits(double value) const {
    return direction == Direction::at_least ? value >= limit : value <= limit;
  }
  [[nodiscard]] std::string text() const;  ///< ">= 0.9"
};

/// What a trial must have done for its numbers to mean anything ("writer_ops >= 100"). A trial that did not
/// is left out of the claim, visibly; a claim with none left is "not run".
struct Precondition {
  Figure figure;
  Bound bound;
};

/// What may happen in a trial, for claims that count trials.
struct CountedEvent {
  enum class Kind : std::uint8_t {
    finding,  ///< the guest's kernel misbehaved
    failure,  ///< a check of the workload failed
    check,    ///< this one did
    figure,   ///< a number was in bounds
  };
  Kind kind = Kind::finding;
  std::string name;                        ///< of a check; of a finding: what its title contains, "" for any
  Precondition condition;                  ///< of a figure
  [[nodiscard]] std::string text() const;  ///< as the file writes it: "finding KASAN", "check content"
};

/// Where head lies, seen from base.
enum class Direction : std::uint8_t { less, more, no_more, no_less, same };
[[nodiscard]] std::string_view name_of(Direction direction);  ///< "less", ..., "no-more"

/// Two variants, and what the claim says of head. With `effect` 0.1, "less" and "more" mean by more than 0.1;
/// the others, give or take 0.1.
struct Comparison {
  std::string base;
  std::string head;
  Direction direction = Direction::less;
  double effect = 0;         ///< the smallest that matters, from 0
  bool relative = false;     ///< `effect` is a part of base's values: 0.1 for "10%"
  double confidence = 0.95;  ///< of intervals; 1 - confidence is the error allowed to all claims together
};

/// Every trial of each named variant lies on the declared side. The opposite, every trial of a variant on the
/// wrong side, refutes; anything between is inconclusive.
struct ThresholdRule {
  Figure figure;
  struct Expectation {
    std::string variant;  ///< by the experiment's name
    Bound bound;
  };
  std::vector<Expectation> expect;  ///< in the order of the experiment's variants; no variant twice
  std::optional<CountedEvent> event =
      {};  ///< instead of the figure: 1 in a trial in which it happened, else 0
};

/// `head` has no more of it than `base`, give or take `slack` (absolute).
struct NoMoreRule {
  Figure figure;
  std::string base;
  std::string head;
  double slack = 0;
};

/// A figure of head compared with that of base, by a test.
struct MeasurementRule {
  Figure figure;
  Comparison comparison;
};

/// The proportion of trials in which something happened, compared by a test; its effect is never relative.
struct ProportionRule {
  CountedEvent event;
  Comparison comparison;
};

/// It happens in no trial of these variants.
struct NeverRule {
  CountedEvent event;
  std::vector<std::string> variants;
  double effect =
      0;  ///< the proportion that must be excluded; 0: as many trials as the claim asks for will do
  double confidence = 0.95;
};

using Rule = std::variant<ThresholdRule, NoMoreRule, MeasurementRule, ProportionRule, NeverRule>;

/// The variants that the rule looks at; base before head.
[[nodiscard]] std::vector<std::string> variants_of(const Rule& rule);
/// What it looks at, in a trial: "vmstat.pgfault / touches", "finding KASAN".
[[nodiscard]] std::string subject_of(const Rule& rule);
/// The event that it counts; null where it looks at a figure.
[[nodiscard]] const CountedEvent* event_of(const Rule& rule);
/// The figures that it looks at, the condition of an event included.
[[nodiscard]] std::vector<Figure> figures_of(const Rule& rule);
/// Base, head and direction, of rules that decide by a test; otherwise null.
[[nodiscard]] const Comparison* comparison_of(const Rule& rule);

}  // namespace assay::experiment
