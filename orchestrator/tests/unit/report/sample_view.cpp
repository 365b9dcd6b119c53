// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/sample_view.hpp"

namespace assay::report {
namespace {

using trial::Outcome;
using verdict::ClaimVerdict;
using verdict::Verdict;

trial::TrialRecord trial_of(const std::string& variant, const std::string& workload, unsigned repeat) {
  trial::TrialRecord record;
  record.key = {variant, "small", workload, repeat};
  record.seed = 1000 + repeat;
  record.outcome = Outcome::pass;
  record.counters = {{"touches", 2048}, {"vmstat.vma_lock_retry", variant == "before" ? 2046 : 1}};
  record.checks = {{"content", true, ""}};
  record.measured = std::chrono::milliseconds(180 + repeat);
  record.wall = std::chrono::milliseconds(2100);
  record.kernel_id = variant == "before" ? std::string(64, 'b') : std::string(64, 'a');
  record.folder = "trials/" + variant + "-" + workload + "-" + std::to_string(repeat);
  return record;
}

std::vector<trial::TrialRecord> sample_trials() {
  std::vector<trial::TrialRecord> trials;
  for (unsigned repeat = 0; repeat < 3; ++repeat) {
    for (const auto* variant : {"before", "after"}) {
      trials.push_back(trial_of(variant, "write", repeat));
      trials.push_back(trial_of(variant, "contended", repeat));
    }
  }
  trials[1].outcome = Outcome::lost;
  trials[1].reason = "the channel ended in the middle of a frame";
  trials[1].attempts = 2;
  trials[3].outcome = Outcome::fail;
  trials[3].checks = {{"content", false, "page 3 reads \x1b[31mred\x1b[0m"}};
  trials[5].outcome = Outcome::finding;
  trials[5].reason = "BUG: KASAN: slab-use-after-free in foo+0x12/0x80";
  trials[5].findings = {{"BUG: KASAN: slab-use-after-free in foo+0x12/0x80", "00112233aabbccdd",
                         "==================\nBUG: KASAN: slab-use-after-free in foo+0x12/0x80\n"
                         "Read of size 8 at addr ffff888003a1c0d8 by task worker/57\n\nCall Trace:\n <TASK>\n"
                         "\x1b]0;owned\x07 foo+0x12/0x80\n"}};
  trials[6].dropped_samples = 3;
  return trials;
}

/// What a test decided, at the second of five looks and beside another claim.
ClaimVerdict measured() {
  ClaimVerdict claim{
      "fewer-retries",
      "Fewer of the faults are retried.",
      "vmstat.vma_lock_retry / touches",
      "after less than before by over 10 %, 95 % confidence, at least 5 trials each",
      Verdict::holds,
      "after 0.25 (0.2 to 0.31) against before 0.9 (0.85 to 1): a difference of -0.65 (-0.8 to "
      "-0.5), p = 0.011",
      {{"before", "", {0.9, 0.85, 1, 0.9, 0.95, 0.9}, 0, 0, 0, {}},
       {"after", "less than before by over 10 %", {0.2, 0.31, 0.25, 0.25, 0.3}, 0, 0, 1, {}}},
      0};
  claim.sides[0].sources = {{"small", 0}, {"small", 1}, {"small", 2},
                            {"small", 3}, {"small", 4}, {"small", 5}};
  claim.sides[1].sources = {{"small", 0}, {"small", 1}, {"small", 2}, {"small", 4}, {"small", 5}};
  claim.sides[1].why_unusable = {"lost: no answer"};
  claim.sides[0].estimate = verdict::Estimate{0.9, {0.85, 1}};
  claim.sides[1].estimate = verdict::Estimate{0.25, {0.2, 0.31}};
  claim.test = verdict::Test{"Mann-Whitney U, exact", 0.95, {-0.65, {-0.8, -0.5}}, 0.0022, 0.011, 2, 2, 5};
  return claim;
}

ClaimVerdict counted() {
  ClaimVerdict claim{
      "crashes-less",
      "It crashes less often.",
      "finding KASAN",
      "after less than before, 95 % confidence, at least 3 trials each",
      Verdict::inconclusive,
      "p = 1 is not below 0.05; about 17 more per variant would decide, if they go on like these",
      {{"before", "", {1, 0, 1, 1}, 0, 0, 0, {}}, {"after", "less than before", {0, 1, 0}, 0, 0, 0, {}}},
      17};
  claim.sides[0].estimate = verdict::Estimate{0.75, {0.1941, 0.9937}};
  claim.sides[1].estimate = verdict::Estimate{0.3333, {0.0084, 0.9057}};
  claim.test = verdict::Test{"Fisher's exact test", 0.95, {-0.4167, {-0.9, 0.4}}, 0.74, 1, 2, 5, 5};
  return claim;
}

std::vector<ClaimVerdict> sample_verdicts() {
  const std::string rate = "vmstat.vma_lock_retry / touches";
  const std::string rule = "before >= 0.9 and after <= 0.05 in each of at least 3 trials";
  return {
      {"retried-before-only",
       "Before the change every first write fault on a shared mapping is retried under mmap_lock; after it "
       "none is.",
       rate,
       rule,
       Verdict::holds,
       "before 0.999 in 3 trials and after 0..0.0005 in 3 trials",
       {{"before", ">= 0.9", {0.99902, 0.99902, 1}, 0, 0, 0, {}},
        {"after", "<= 0.05", {0, 0.00049, 0.0003}, 0, 0, 0, {}}},
       0},
      {"contended",
       "It holds also while another thread keeps taking mmap_lock for writing.",
       rate,
       rule,
       Verdict::inconclusive,
       "only 1 usable trial of before; 2 more per variant would decide; 1 finding in before",
       {{"before",
         ">= 0.9",
         {0.99},
         1,
         0,
         1,
         {"lost: the channel ended in the middle of a frame",
          "finding: BUG: KASAN: slab-use-after-free in foo+0x12/0x80"}},
        {"after", "<= 0.05", {0, 0}, 0, 1, 0, {"writer_ops >= 100 was not met"}}},
       2},
      {"no-worse",
       "Read faults are retried no more often.",
       rate,
       "after <= before + 0.02 in each of at least 3 trials",
       Verdict::refuted,
       "every trial of after (0.5..0.7) has more than any of before (0..0.1)",
       {{"before", "", {0, 0.1, 0.05}, 0, 0, 0, {}},
        {"after", "<= before + 0.02", {0.5, 0.6, 0.7}, 0, 0, 0, {}}},
       0},
      measured(),
      counted(),
      {"never-run",
       "Nothing is known of this, not even of "
       "anameofaworkloadthatiswrittenwithoutanyblankandislongerthananylinecouldbewide.",
       "huge",
       "before >= 1 and after >= 1 in each of at least 3 trials",
       Verdict::not_run,
       "no trial was run",
       {{"before", ">= 1", {}, 0, 0, 0, {}}, {"after", ">= 1", {}, 0, 0, 0, {}}},
       0},
  };
}

}  // namespace

store::RunView sample_view() {
  store::RunView view;
  view.run.id = "20261121-051502-shared-fault-vma-lock";
  view.run.experiment = "shared-fault-vma-lock";
  view.run.title = "mm: Handle shared faults under the VMA lock";
  view.run.experiment_toml = R"(
[machines.small]
vcpus = 2
memory = "512M"

[[claims]]
id = "retried-before-only"

[[claims]]
id = "no-worse"
control = true
)";
  view.run.settings = R"({"trials": 3, "seed": 7})";
  view.run.host = R"({"accelerator": "tcg", "qemu": "QEMU 7.2.19", "cpu": "some CPU", "cores": 2})";
  view.run.started = "2026-11-21T05:15:02Z";
  view.run.finished = "2026-11-21T05:16:44Z";
  view.run.state = "interrupted";
  view.run.planned = 14;
  view.run.done = 12;
  view.run.kernels = {{"before", std::string(64, 'b'), "6.12.117-assay",
                       R"({"variant": "shared-fault-before", "patches": ["a.patch"]})"},
                      {"after", std::string(64, 'a'), "6.12.117-assay\x1b[2J", "not JSON"}};
  view.trials = sample_trials();
  view.verdicts = sample_verdicts();
  return view;
}

}  // namespace assay::report
