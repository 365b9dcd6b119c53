// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/run_view.hpp"
#include "verdict/coverage.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace assay::report {

/// How many trials ended how.
struct OutcomeCounts {
  unsigned pass = 0;
  unsigned fail = 0;
  unsigned finding = 0;
  unsigned skip = 0;
  unsigned lost = 0;
  void add(trial::Outcome outcome);
};
[[nodiscard]] OutcomeCounts count_outcomes(const std::vector<trial::TrialRecord>& trials);
/// "118 passed, 1 with findings, 1 lost": only what there is; "none" for nothing.
[[nodiscard]] std::string text_of(const OutcomeCounts& counts);

/// "3 hold, 1 inconclusive"; "" for none.
[[nodiscard]] std::string text_of(const std::map<verdict::Verdict, unsigned>& verdicts);
/// "4 claims: 3 hold, 1 inconclusive".
[[nodiscard]] std::string verdict_counts(const std::vector<verdict::ClaimVerdict>& verdicts);

/// A stored JSON text as an object; an empty object when it is none.
[[nodiscard]] nlohmann::ordered_json object_from(std::string_view text);
/// A member as text on one line: strings as they are, "a, b" for an array, "key value, ..." for an object, ""
/// when absent or empty.
[[nodiscard]] std::string member(const nlohmann::ordered_json& object, const char* key);

/// The claims of the run that are controls, by their ids.
[[nodiscard]] std::set<std::string> controls_of(const store::RunView& view);

/// "shared-fault-before, 6.12.117": what the kernel of a run's variant was built as, where that has another
/// name.
[[nodiscard]] std::string built_as(const store::KernelInfo& kernel);

/// The first 12 digits of a kernel's id: enough to tell two apart.
[[nodiscard]] std::string short_id(std::string_view id);

/// "before/small/write #1"
[[nodiscard]] std::string trial_name(const trial::TrialKey& key);

/// Why a trial did not pass: its reason and the checks that failed; "" for one that passed.
[[nodiscard]] std::string why_text(const trial::TrialRecord& record);

/// Each machine that trials ran on, as the experiment describes it; by name alone where it no longer does.
[[nodiscard]] std::vector<std::string> machine_texts(const store::RunView& view);
/// Each probe that somebody asked for, and how many trials it was active in: it may have changed what they
/// did.
[[nodiscard]] std::vector<std::string> probe_texts(const store::RunView& view);
/// "118 of 120: 117 passed, 1 lost; the run is interrupted"
[[nodiscard]] std::string trials_text(const store::RunView& view);
/// "TCG, QEMU emulator version 7.2.22"; "" where the run does not say.
[[nodiscard]] std::string emulator_text(const store::RunView& view);

/// The trials of one workload on one variant.
struct CellSummary {
  std::string workload;
  std::string variant;
  OutcomeCounts counts;
  std::vector<double> measured_ms;                ///< guest time, of those that passed
  [[nodiscard]] std::string median_text() const;  ///< "12.3"; "-" where none passed
};
/// In the order in which workloads first ended, the variants of each in theirs.
[[nodiscard]] std::vector<CellSummary> cells_of(const store::RunView& view);

/// Equal misbehaviour, by its fingerprint.
struct KnownFinding {
  const finding::Report* report = nullptr;  ///< the first one; belongs to the view
  std::vector<std::string> trials;          ///< names of those that it happened in
  trial::TrialKey first;                    ///< of them
};
/// In the order in which they first happened.
[[nodiscard]] std::vector<KnownFinding> known_findings(const std::vector<trial::TrialRecord>& trials);

/// Every line printable, of at most `width` columns, without tabs and blanks at its end; the first `most`
/// lines, then "[...]".
[[nodiscard]] std::vector<std::string> quoted_lines(std::string_view text, std::size_t most,
                                                    std::size_t width);

/// The figures of a claim's sides, the same columns in each report: a head, then a row for each side, with
/// "-" where there is none.
[[nodiscard]] std::vector<std::vector<std::string>> side_rows(const verdict::ClaimVerdict& claim);
/// "a, b, c, d, e and 7 more": at most five of them.
[[nodiscard]] std::string few(const std::vector<std::string>& items);

/// What a side came to: "0.25 (0.2 to 0.31), n = 5"; without an estimate the median with the extremes.
[[nodiscard]] std::string side_text(const verdict::Side& side);
/// "-0.65 (-0.8 to -0.5), -72.2 % of before"; of a claim with a test.
[[nodiscard]] std::string effect_text(const verdict::ClaimVerdict& claim);
/// "0.0022 (Mann-Whitney U, exact); 0.011 with 2 claims (Holm) and look 2 of 5"; of a claim with a test.
[[nodiscard]] std::string test_text(const verdict::Test& test);
/// "before #1-#10; after #1-#9": the trials that were judged.
[[nodiscard]] std::string sources_text(const verdict::ClaimVerdict& claim);
/// "before: 1 lost or failed (no answer)": each side of which some trials were left out.
[[nodiscard]] std::vector<std::string> left_out_texts(const verdict::ClaimVerdict& claim);

/// How many lines of a kernel's series are in which state, and in words.
[[nodiscard]] nlohmann::ordered_json coverage_json(const verdict::KernelCoverage& kernel);

/// The command that makes such a run again: the same experiment, options and seeds.
[[nodiscard]] std::string again_command(const store::RunInfo& run);

/// The command that makes one of its trials again, with the same seed and nothing else in the guest.
[[nodiscard]] std::string again_command(const store::RunInfo& run, const trial::TrialKey& trial);

}  // namespace assay::report
