// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.hpp"
#include "base/text.hpp"
#include "report/failures.hpp"
#include "report/formats/coverage_json.hpp"
#include "report/formats/formats.hpp"
#include "report/layout.hpp"
#include "report/names.hpp"
#include "report/run_facts.hpp"
#include "report/stored_json.hpp"
#include "report/text/text.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;
using trial::Outcome;
using verdict::ClaimVerdict;
using verdict::Verdict;

constexpr std::size_t most_excerpt = 16'384;  // what the format takes

Json object_of(const std::string& id) { return {{"id", "assay:" + id}, {"origin", "assay"}}; }

/// A part of a test's path: the dot separates parts.
std::string path_part(std::string_view name) {
  std::string part;
  for (const char c : name) {
    const bool taken = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    part += taken ? c : '_';
  }
  return part.empty() ? "_" : part;
}

std::string path_of(const store::RunView& view, std::string_view kind, const std::string& name) {
  return fmt::format("assay.{}.{}.{}", path_part(view.run.experiment), kind, path_part(name));
}

std::string id_of(const trial::TrialKey& key) {
  return fmt::format("{}/{}/{}/{}", one_line(key.variant), one_line(key.machine), one_line(key.workload),
                     key.repeat + 1);
}

/// As `sha256sum *.patch | cut -c-64 | sha256sum` gives it; nothing where a patch was taken back, as no list
/// of patches to apply describes that source.
std::optional<std::string> patchset_hash(const Json& provenance) {
  const auto patches = provenance.find("patches");
  if (patches == provenance.end() || !patches->is_array()) {
    return std::nullopt;  // not known, which is not the same as none
  }
  std::string lines;
  for (const auto& patch : *patches) {
    if (!patch.is_object() || patch.value("reverse", false) || !patch.contains("sha256")) {
      return std::nullopt;
    }
    lines += member(patch, "sha256") + "\n";
  }
  return lines.empty() ? "" : sha256(lines);
}

Json checkout_json(const store::KernelInfo& kernel) {
  auto json = object_of(one_line(kernel.id));
  const auto provenance = object_from(kernel.provenance);
  const auto source = provenance.value("source", Json::object());
  const auto commit = source.is_object() ? member(source, "commit") : "";
  if (commit.size() == 40 && commit.find_first_not_of("0123456789abcdef") == std::string::npos) {
    json["git_commit_hash"] = commit;
  }
  if (const auto patches = patchset_hash(provenance)) {
    json["patchset_hash"] = *patches;
  }
  const auto package = source.is_object() ? member(source, "package") : "";
  json["comment"] = one_line(fmt::format("{} {}{}", kernel.variant, kernel.release,
                                         package.empty() ? "" : " from Debian's " + package));
  json["valid"] = true;
  json["misc"] = {{"provenance", provenance}};
  return json;
}

Json build_json(const store::KernelInfo& kernel, const std::vector<verdict::KernelCoverage>& coverage) {
  auto json = object_of(one_line(kernel.id));
  json["checkout_id"] = json["id"];
  const auto provenance = object_from(kernel.provenance);
  for (const auto& [name, key] : {std::pair{"architecture", "arch"}, std::pair{"compiler", "compiler"},
                                  std::pair{"config_name", "variant"}}) {
    if (const auto value = member(provenance, key); !value.empty()) {
      json[name] = value;
    }
  }
  json["comment"] = one_line(fmt::format("{} {}", kernel.variant, kernel.release));
  json["status"] = "PASS";
  const auto of_this = std::ranges::find(coverage, kernel.id, &verdict::KernelCoverage::kernel_id);
  if (of_this != coverage.end()) {
    json["misc"] = {{"coverage", coverage_json(*of_this)}};
  }
  return json;
}

std::string_view status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "PASS";
    case Outcome::fail:
    case Outcome::finding:
      return "FAIL";
    case Outcome::skip:
      return "SKIP";
    case Outcome::lost:
      break;
  }
  return "MISS";
}

std::string_view status_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "PASS";
    case Verdict::refuted:
      return "FAIL";
    case Verdict::inconclusive:
      return "DONE";
    case Verdict::not_run:
      break;
  }
  return "SKIP";
}

std::string finding_lines(const trial::TrialRecord& record) {
  constexpr std::size_t most_lines = 500;
  constexpr std::size_t widest = 400;
  std::string text;
  for (const auto& finding : record.findings) {
    for (const auto& line : quoted_lines(finding.text, most_lines, widest)) {
      text += line + "\n";
    }
  }
  return text.substr(0, most_excerpt);
}

/// A trial that was lost early does not say which kernel it was to boot; its variant does.
std::string build_of(const store::RunView& view, const trial::TrialRecord& record) {
  if (!record.kernel_id.empty()) {
    return "assay:" + one_line(record.kernel_id);
  }
  const auto& kernels = view.run.kernels;
  const auto kernel = std::find_if(kernels.begin(), kernels.end(), [&](const store::KernelInfo& one) {
    return one.variant.substr(0, one.variant.find('/')) == record.key.variant;
  });
  return "assay:" + (kernel == kernels.end() ? "unknown" : one_line(kernel->id));
}

Json trial_json(const store::RunView& view, const trial::TrialRecord& record) {
  auto json = object_of(one_line(view.run.id) + "/" + id_of(record.key));
  json["build_id"] = build_of(view, record);
  json["path"] = path_of(view, "trial", record.key.workload);
  json["status"] = std::string(status_of(record.outcome));
  json["comment"] = one_line(fmt::format("{}: {}{}{}", trial_name(record.key), name_of(record.outcome),
                                         record.reason.empty() ? "" : ": ", record.reason));
  json["duration"] = std::chrono::duration<double>(record.wall).count();
  json["environment"] = {{"comment", one_line("machine " + record.key.machine + ", " + emulator_text(view))}};
  if (const auto excerpt = finding_lines(record); !excerpt.empty()) {
    json["log_excerpt"] = excerpt;
  }
  auto counters = Json::object();
  for (const auto& counter : record.counters) {
    counters[printable(counter.name)] = counter.value;
  }
  json["misc"] = {{"run", one_line(view.run.id)},
                  {"seed", record.seed},
                  {"measured_ns", record.measured.count()},
                  {"counters", std::move(counters)}};
  return json;
}

/// The build that a claim is on: that of its last side, as base stands before head.
std::string build_of(const store::RunView& view, const ClaimVerdict& claim) {
  const auto variant = claim.sides.empty() ? std::string() : claim.sides.back().variant;
  const auto record = std::find_if(view.trials.begin(), view.trials.end(),
                                   [&](const auto& one) { return one.key.variant == variant; });
  if (record != view.trials.end()) {
    return build_of(view, *record);
  }
  return "assay:" + (view.run.kernels.empty() ? "unknown" : one_line(view.run.kernels.back().id));
}

Json claim_json(const store::RunView& view, const ClaimVerdict& claim) {
  auto json = object_of(one_line(view.run.id) + "/claim/" + one_line(claim.claim));
  json["build_id"] = build_of(view, claim);
  json["path"] = path_of(view, "claim", claim.claim);
  json["status"] = std::string(status_of(claim.verdict));
  json["comment"] = one_line(fmt::format("{}: {}", name_of(claim.verdict), claim.says));
  if (claim.test && std::isfinite(claim.test->effect.value) && claim.verdict != Verdict::not_run) {
    json["number"] = {{"value", claim.test->effect.value}};
  }
  json["log_excerpt"] = claim_text(1, claim).substr(0, most_excerpt);
  json["misc"] = {{"run", one_line(view.run.id)},
                  {"rule", one_line(claim.rule)},
                  {"figure", one_line(claim.figure)},
                  {"reason", one_line(claim.reason)}};
  if (!claim.coverage.empty()) {
    json["misc"]["coverage"] = one_line(claim.coverage);
  }
  return json;
}

Json issue_json(const KnownFinding& finding) {
  auto json = object_of(one_line(finding.report->fingerprint));
  json["version"] = 1;
  json["report_subject"] = one_line(finding.report->title);
  json["culprit"] = {{"code", true}, {"tool", false}, {"harness", false}};
  json["comment"] = "a report of the guest's kernel; equal reports have an equal fingerprint";
  return json;
}

void add_incidents(const store::RunView& view, const trial::TrialRecord& record, Json& incidents) {
  std::set<std::string> seen;
  for (const auto& finding : record.findings) {
    const auto fingerprint = one_line(finding.fingerprint);
    if (!seen.insert(fingerprint).second) {
      continue;
    }
    const auto test = one_line(view.run.id) + "/" + id_of(record.key);
    auto json = object_of(test + "/" + fingerprint);
    json["issue_id"] = "assay:" + fingerprint;
    json["issue_version"] = 1;
    json["test_id"] = "assay:" + test;
    json["present"] = true;
    incidents.push_back(std::move(json));
  }
}

}  // namespace

std::string run_kcidb(const store::RunView& view) {
  Json json;
  json["version"] = {{"major", 5}, {"minor", 3}};
  for (const auto* list : {"checkouts", "builds", "tests", "issues", "incidents"}) {
    json[list] = Json::array();
  }
  const auto coverage = verdict::coverage_by_kernel(view.trials);
  std::set<std::string> known;
  for (const auto& kernel : view.run.kernels) {
    if (known.insert(kernel.id).second) {
      json["checkouts"].push_back(checkout_json(kernel));
      json["builds"].push_back(build_json(kernel, coverage));
    }
  }
  for (const auto& record : view.trials) {
    json["tests"].push_back(trial_json(view, record));
    add_incidents(view, record, json["incidents"]);
  }
  for (const auto& claim : view.verdicts) {
    json["tests"].push_back(claim_json(view, claim));
  }
  for (const auto& finding : known_findings(view.trials)) {
    json["issues"].push_back(issue_json(finding));
  }
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::report
