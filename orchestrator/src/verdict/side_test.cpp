// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict/side_test.hpp"

#include "verdict/bootstrap.hpp"
#include "verdict/ranks.hpp"

#include <cmath>

namespace assay::verdict {
namespace {

class MeasuredTest final : public SideTest {
 public:
  MeasuredTest(const Side& base, const Side& head, bool relative)
      : base_(base.values), head_(head.values), relative_(relative) {}

  [[nodiscard]] Tails tails(double threshold) const override { return ranks(threshold).tails; }
  [[nodiscard]] Estimate effect(double confidence) const override {
    return bootstrap_shift(head_, base_, confidence);
  }
  [[nodiscard]] Estimate of_side(const Side& side, double confidence) const override {
    return bootstrap_median(side.values, confidence);
  }
  [[nodiscard]] unsigned needed(double threshold, double alpha) const override {
    return trials_needed(ranks(threshold), alpha);
  }
  [[nodiscard]] std::string method(double threshold) const override {
    return ranks(threshold).exact ? "Mann-Whitney U, exact" : "Mann-Whitney U, normal approximation";
  }

 private:
  /// Of head against base moved by the threshold.
  [[nodiscard]] RankTest ranks(double threshold) const {
    auto moved = base_;
    for (auto& value : moved) {
      value += relative_ ? std::abs(value) * threshold : threshold;
    }
    return mann_whitney(head_, moved);
  }

  const std::vector<double>& base_;
  const std::vector<double>& head_;
  bool relative_;
};

class CountedTest final : public SideTest {
 public:
  CountedTest(const Side& base, const Side& head) : base_(tally_of(base)), head_(tally_of(head)) {}

  [[nodiscard]] Tails tails(double threshold) const override {
    return threshold == 0 ? fisher(head_, base_) : test_difference(head_, base_, threshold);
  }
  [[nodiscard]] Estimate effect(double confidence) const override {
    return difference(head_, base_, confidence);
  }
  [[nodiscard]] Estimate of_side(const Side& side, double confidence) const override {
    const auto tally = tally_of(side);
    return {tally.share(), clopper_pearson(tally, confidence)};
  }
  [[nodiscard]] unsigned needed(double threshold, double alpha) const override {
    return trials_needed(head_, base_, threshold, alpha);
  }
  [[nodiscard]] std::string method(double threshold) const override {
    return threshold == 0 ? "Fisher's exact test" : "exact test of a difference";
  }

 private:
  Tally base_;
  Tally head_;
};

}  // namespace

std::unique_ptr<SideTest> measured_test(const Side& base, const Side& head, bool relative) {
  return std::make_unique<MeasuredTest>(base, head, relative);
}

std::unique_ptr<SideTest> counted_test(const Side& base, const Side& head) {
  return std::make_unique<CountedTest>(base, head);
}

Tally tally_of(const Side& side) {
  const auto hits = std::count_if(side.values.begin(), side.values.end(), [](double v) { return v > 0; });
  return {static_cast<unsigned>(hits), static_cast<unsigned>(side.values.size())};
}

}  // namespace assay::verdict
