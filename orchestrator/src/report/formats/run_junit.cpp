// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/kept_file.hpp"
#include "report/again.hpp"
#include "report/failures.hpp"
#include "report/formats/formats.hpp"
#include "report/guests.hpp"
#include "report/layout.hpp"
#include "report/run_facts.hpp"
#include "report/text/text.hpp"
#include "verdict/coverage.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <map>
#include <sstream>

namespace assay::report {
namespace {

using verdict::ClaimVerdict;
using verdict::Verdict;

constexpr std::size_t junit_finding_lines = 60;
constexpr std::size_t junit_line_width = 400;

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

std::string seconds_text(Nanoseconds time) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(time).count());
}

/// Guest time that the trials of each workload measured.
std::map<std::string, Nanoseconds> measured_by_workload(const store::RunView& view) {
  std::map<std::string, Nanoseconds> measured;
  for (const auto& record : view.trials) {
    measured[record.key.workload] += record.measured;
  }
  return measured;
}

void add_properties(pugi::xml_node suite, const store::RunView& view) {
  auto properties = suite.append_child("properties");
  const auto add = [&](const std::string& name, const std::string& value) {
    auto property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", one_line(value));
  };
  add("run", view.run.id);
  add("title", view.run.title);
  add("state", view.run.state);
  for (const auto& kernel : view.run.kernels) {
    add("kernel." + one_line(kernel.variant), fmt::format("{} {}", kernel.release, kernel.id));
  }
  for (const auto& machine : machine_texts(view)) {
    add("machine", machine);
  }
  for (const auto& kernel : verdict::coverage_by_kernel(view.trials)) {
    add("coverage." + one_line(kernel.variant), probe::coverage_of(kernel.lines).text());
  }
  add("emulator", emulator_text(view));
  add("trials", trials_text(view));
  if (const auto taint = taint_text(view); !taint.empty()) {
    add("before_findings", taint);
  }
  add("again", again_command(view.run));
}

void add_case(pugi::xml_node suite, const store::RunView& view, std::size_t number, const ClaimVerdict& claim,
              Nanoseconds measured) {
  auto node = suite.append_child("testcase");
  set(node, "classname", one_line(view.run.experiment));
  set(node, "name", one_line(claim.claim));
  set(node, "time", seconds_text(measured));
  const auto message = fmt::format("{}: {}", name_of(claim.verdict), one_line(claim.reason));
  if (claim.verdict == Verdict::refuted) {
    auto failure = node.append_child("failure");
    set(failure, "type", "refuted");
    set(failure, "message", message);
    failure.text().set(one_line(claim.says).c_str());
  } else if (claim.verdict != Verdict::holds) {
    set(node.append_child("skipped"), "message", message);
  }
  node.append_child("system-out").text().set(claim_text(number, claim).c_str());
}

std::string findings_text(const store::RunView& view) {
  std::string text;
  for (const auto& [report, trials, first] : known_findings(view.trials)) {
    text += fmt::format("{} in {} trials, first in {}\n", one_line(report->title), trials.size(),
                        one_line(trials.front()));
    for (const auto& line : quoted_lines(report->text, junit_finding_lines, junit_line_width)) {
      text += line + "\n";
    }
  }
  return text;
}

void add_counts(pugi::xml_node node, const store::RunView& view, Nanoseconds time) {
  std::size_t failures = 0;
  std::size_t skipped = 0;
  for (const auto& claim : view.verdicts) {
    failures += claim.verdict == Verdict::refuted ? 1 : 0;
    skipped += claim.verdict == Verdict::inconclusive || claim.verdict == Verdict::not_run ? 1 : 0;
  }
  set(node, "tests", fmt::format("{}", view.verdicts.size()));
  set(node, "failures", fmt::format("{}", failures));
  set(node, "errors", "0");
  set(node, "skipped", fmt::format("{}", skipped));
  set(node, "time", seconds_text(time));
}

/// ISO 8601 without a zone, as the schema of JUnit's reports wants it.
std::string timestamp_text(const std::string& started) {
  const auto text = one_line(started);
  return text.ends_with('Z') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

std::string run_junit(const store::RunView& view) {
  const auto measured = measured_by_workload(view);
  std::map<std::string, Nanoseconds> of_claim;
  for (const auto& source : experiment::claim_sources_in(view.run.experiment_toml)) {
    const auto found = measured.find(source.workload);
    of_claim[source.claim] = found == measured.end() ? Nanoseconds(0) : found->second;
  }
  Nanoseconds all{0};
  for (const auto& [workload, time] : measured) {
    all += time;
  }
  pugi::xml_document document;
  auto suites = document.append_child("testsuites");
  set(suites, "name", "assay");
  add_counts(suites, view, all);
  auto suite = suites.append_child("testsuite");
  set(suite, "name", one_line(view.run.experiment));
  add_counts(suite, view, all);
  set(suite, "timestamp", timestamp_text(view.run.started));
  add_properties(suite, view);
  std::size_t number = 0;
  for (const auto& claim : view.verdicts) {
    add_case(suite, view, ++number, claim, of_claim[claim.claim]);
  }
  if (const auto findings = findings_text(view); !findings.empty()) {
    suite.append_child("system-err").text().set(findings.c_str());
  }
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
  return std::move(out).str();
}

}  // namespace assay::report
